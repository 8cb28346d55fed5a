/**
 * The memory of a worker over many messages: it grows while the process warms up, and then no more. With `CANDY_SOAK=1`
 * over a hundred thousand.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MARKING } from '../kit/bulk-mail.js'
import { connect } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { makeScratch } from '../kit/scratch.js'
import { startService } from '../kit/service.js'
import { soaking } from '../kit/soak.js'

const MESSAGES = soaking ? 100_000 : 12_000
const CLIENTS = 8

/** Messages in a session. */
const SESSION = 20

/** So large that a message that is not given back shows. */
const BYTES = `Subject: x\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(448)}`

/** Mebibytes by which memory may grow from the third quarter of all messages to the last, at the least that each saw. */
const GROWTH = 16

/** Mebibytes of memory that a process has now. proc(5) */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

test(
  'is given back',
  async ({ annotate }) => {
    await using scratch = await makeScratch('memory')
    const filter = join(scratch.path, 'marking.js')
    await writeFilterFile(filter, { judge: MARKING })
    await using service = await startService({
      filters: { '10-marking.toml': `filter = "${filter}"\n` },
      sink: { keep: false },
    })
    const [worker = 0] = service.workers()
    const samples: number[] = []
    let left = MESSAGES
    const send = async (): Promise<void> => {
      while (left > 0) {
        await using client = await connect(service.address)
        await client.expect('LHLO mx.example.test')
        for (let n = 0; n < SESSION && left > 0; n++) {
          left -= 1
          if (left % (MESSAGES / 100) === 0) samples.push(await residentOf(worker))
          const mail = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: BYTES }
          expect((await client.send(mail)).code).toBe(250)
        }
        await client.quit()
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, send))
    expect(service.sink.count).toBe(MESSAGES)
    expect(service.workers()).toEqual([worker])
    // The least: garbage that waits to be collected comes and goes.
    const [third, last] = [Math.min(...samples.slice(50, 75)), Math.min(...samples.slice(75))]
    await annotate(`${MESSAGES} messages; ${third.toFixed(1)} MiB in the third quarter, ${last.toFixed(1)} in the last`)
    expect(last - third).toBeLessThan(GROWTH)
  },
  MESSAGES * 50,
)
