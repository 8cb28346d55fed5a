/** The lines of candy's in docs/troubleshooting.md, against the sources that print them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES } from '@candy/sdk'
import { expect, test } from 'vitest'
import { ROOT, readPage, readTable } from '../../../../test/kit/pages.js'

const SECTIONS = readPage('docs/troubleshooting.md').split(/^## /m)

/** What stands between backticks in the first column of a section's table, up to what differs from case to case. */
function linesIn(heading: string, column: string): readonly string[] {
  const section = SECTIONS.find((one) => one.startsWith(heading)) ?? ''
  return readTable(section, column).flatMap((row) => {
    return [...(row[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, line = '']) => line.split('…')[0]?.trim() ?? '')
  })
}

function sources(folder: string): string {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  const texts = names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
  return texts.join('\n')
}

const code = ['runner', 'filter-clamav', 'sdk'].map((name) => sources(`packages/${name}/src`)).join('\n')

test('what candy answers is what its sources say', () => {
  const lines = linesIn('What a client', 'line').filter((line) => line.includes('content filter'))
  expect(lines.length).toBeGreaterThan(3)
  for (const line of lines) expect(code).toContain(line.replace(/^[\d.]+ /, ''))
})

test('what candy logs is what its sources say', () => {
  const lines = linesIn('What candy', 'code or line')
  expect(lines.length).toBeGreaterThan(10)
  for (const line of lines) {
    if (/^[A-Z_]+$/.test(line)) expect(ERROR_CODES).toContain(line)
    else expect(code).toContain(line)
  }
})

test('what commands say is what the sources say, ours or those of commander', () => {
  const commander = readFileSync(join(ROOT, 'node_modules/commander/lib/command.js'), 'utf8')
  const lines = linesIn('What a command', 'line')
  expect(lines.length).toBeGreaterThan(3)
  for (const line of lines) expect(`${code}\n${commander}`).toContain(line)
})
