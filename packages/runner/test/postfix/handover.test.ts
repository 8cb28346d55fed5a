/** The program for this machine, the one for another, and a machine for which there is none. test/registry has npm leave it out. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readVersion } from '../../src/os/version.js'
import { findHandover, handoverInstallation } from '../../src/postfix/handover.js'

test('the program for this machine is found, and runs', () => {
  const { package: name, program = '' } = findHandover() ?? {}
  expect(name).toBe(`@candy/handover-linux-${process.arch}`)
  expect(execFileSync(program, ['--version'], { encoding: 'utf8' })).toBe('candy-handover 1\n')
})

test('each platform has a program of its own', () => {
  const programs = ['linux-x64', 'linux-arm64'].map((platform) => readFileSync(findHandover(platform)?.program ?? ''))
  expect(programs[0]).not.toEqual(programs[1])
})

test.each(['linux-riscv64', 'darwin-arm64', ''])('there is none for the platform %j', (platform) => {
  expect(findHandover(platform)).toBeUndefined()
})

test.each([
  ['/usr/local/lib', '-g --prefix /usr/local'],
  ['/opt/mail', '--prefix /opt/mail'],
])('what is missing in %s is installed there', (directory, options) => {
  const command = handoverInstallation(`${directory}/node_modules/@candy/runner/bin/candy.cjs`)
  expect(command).toBe(`npm install ${options} --include=optional @candy/runner@${readVersion()}`)
})
