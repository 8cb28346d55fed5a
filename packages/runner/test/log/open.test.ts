import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLog } from '../../src/log/open.js'
import { scratch } from '../support.js'

test('a file holds one line an event, with the time and who wrote it', async () => {
  const path = join(scratch(), 'log')
  const log = openLog(path, 'candy/pipe')
  log.write('info', 'judged', { id: 'A1' })
  log.write('error', 'broken')
  await log.close()
  const [first, second, end] = readFileSync(path, 'utf8').split('\n')
  expect(first).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z candy/pipe\\[${process.pid}\\]: judged id=A1$`))
  expect(second).toMatch(/: error: broken$/)
  expect(end).toBe('')
})

test('what is below the least level is not written', async () => {
  const path = join(scratch(), 'log')
  const log = openLog(path, 'candy', 'warn')
  log.write('info', 'quiet')
  log.write('warn', 'loud')
  expect(readFileSync(path, 'utf8')).toMatch(/^\S+ candy\[\d+\]: warning: loud\n$/)
  await log.close()
})

test('a log that cannot be written is passed over, and the system log ends even where there is none', async () => {
  openLog('/nowhere/log', 'candy').write('error', 'lost')
  const syslog = openLog('syslog', 'candy')
  syslog.write('error', 'test of the log')
  await syslog.close()
})
