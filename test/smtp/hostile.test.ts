/**
 * What a stranger's message may cost: CPU time and memory of the worker that takes it, whatever it is made of. Beside each of them
 * goes ordinary mail, which must not wait for it.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { makeScratch } from '../kit/scratch.js'
import { type Service, startService } from '../kit/service.js'

const SIZE = 10_000_000

const fill = (unit: string): string => unit.repeat(Math.floor(SIZE / unit.length))

const HOSTILE: Readonly<Record<string, string>> = {
  'fields of the shortest kind': `${fill('a:\r\n')}\r\nbody\r\n`,
  'one field in very many lines': `a: 1\r\n${fill(' \r\n')}\r\nbody\r\n`,
  'one field in one line': `a: ${fill('x')}\r\n\r\nbody\r\n`,
  'one line in the body': `a: 1\r\n\r\n${fill('x')}\r\n`,
  'a name without an end': fill('x'),
  'bare CRs': `a: ${fill('\r1')}\r\n\r\nbody\r\n`,
  'blanks before a colon': `a: 1\r\n${fill('b : 2\r\n')}\r\nbody\r\n`,
  'types without end': `${fill('Content-Type: multipart/mixed; boundary=(((("\r\n')}\r\nbody\r\n`,
  'a hundred thousand parts': `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'.repeat(100_000)}--b--\r\n`,
  'lines that are almost delimiter lines': `${Array.from({ length: 100 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n`).join('')}\r\n${fill('--\r\n')}`,
}

/** Seconds of CPU time that ten megabytes may cost; those of ordinary mail cost 0.1. */
const MOST_SECONDS = 2.5

/** Mebibytes that the worker may have at any time. It starts with some 60. */
const MOST_MEBIBYTES = 150

/** Seconds of CPU time that the process has used (proc(5): utime and stime, in hundredths). */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Mebibytes of memory that the process has now, its share of what it has together with others (proc_pid_smaps(5): Pss). */
async function memoryOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) / 1024
}

/** Reads all that a filter can read. */
const READING = `
  let size = (await message.headers()).length
  for await (const chunk of message.open()) size += chunk.length
  return size < message.size ? { action: 'defer', text: 'cut short' } : { action: 'accept' }`

describe.each(['smtp', 'smtp-before'] as const)('in mode %s', (mode) => {
  let service: Service
  let directory: Awaited<ReturnType<typeof makeScratch>>
  beforeAll(async () => {
    directory = await makeScratch('hostile')
    const filter = join(directory.path, 'reading.js')
    await writeFilterFile(filter, { judge: READING })
    service = await startService({
      mode,
      filters: { '10-reading.toml': `filter = "${filter}"\n` },
      sink: { keep: false },
    })
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await directory.remove()
  })

  async function send(bytes: string): Promise<number> {
    await using client = await connect(service.address)
    await client.expect(`${mode === 'smtp' ? 'LHLO' : 'EHLO'} mx.example.test`)
    const reply = await client.send({ sender: 'a@example.com', recipients: ['b@example.net'], bytes }, 60_000)
    return reply.code
  }

  test.for(Object.entries(HOSTILE))('%s', async ([, bytes], { annotate }) => {
    const [worker = 0] = service.workers()
    const before = await cpuOf(worker)
    const delays: number[] = []
    const sizes: number[] = []
    let under = true
    const ordinary = async (): Promise<void> => {
      while (under) {
        const started = performance.now()
        expect(await send('Subject: x\r\n\r\nbody\r\n')).toBe(250)
        delays.push(performance.now() - started)
        sizes.push(await memoryOf(worker))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const beside = ordinary()
    expect(await send(bytes)).toBe(250)
    under = false
    await beside
    const seconds = (await cpuOf(worker)) - before
    const most = Math.max(...sizes)
    const delay = Math.max(...delays)
    await annotate(`${seconds.toFixed(2)} s, ${most.toFixed(0)} MiB; ordinary mail took at most ${delay.toFixed(0)} ms`)
    expect(seconds).toBeLessThan(MOST_SECONDS)
    expect(most).toBeLessThan(MOST_MEBIBYTES)
    expect(service.workers()).toEqual([worker])
  })
})
