/** Pipe mode where nothing that Postfix starts may make memory executable (MemoryDenyWriteExecute= in systemd.exec(5)). */

import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { startCandy } from '../kit/candy.js'
import { deliver } from '../kit/client.js'
import { mail } from '../kit/mail-sample.js'

/** The number of prctl(2), and of PR_SET_MDWE with PR_MDWE_REFUSE_EXEC_GAIN, which is what systemd uses. */
const PRCTL = process.arch === 'arm64' ? 167 : 157
const REFUSE = `syscall(${PRCTL}, 65, 1, 0, 0, 0) == 0 or die "PR_SET_MDWE: $!"; exec @ARGV`

/** The command for pipe(8): candy-pipe below the restriction, where `candy enable` has not seen it. */
function restricted(...options: readonly string[]): (written: readonly string[]) => readonly string[] {
  return ([candyPipe = '', ...others]) => {
    const wrapper = join(dirname(candyPipe), 'restricted')
    writeFileSync(wrapper, `#!/usr/bin/perl\n${REFUSE};\n`, { mode: 0o755 })
    return [wrapper, candyPipe, ...options, ...others]
  }
}

test('with --jitless mail is filtered there', async () => {
  const filters = { '10-mark': '#!/bin/sh\n# candy: rewrites\necho "X-Marked: yes"; cat\n' }
  await using testBed = await startCandy({ argv: restricted('--jitless'), filters })
  await deliver(testBed.postfix.port, mail)
  const [received] = await testBed.sink.waitFor(1)
  expect(received?.bytes.toString('latin1')).toContain('X-Marked: yes')
})

test('without it mail waits, and the log has the status', async () => {
  await using testBed = await startCandy({ argv: restricted(), filters: {} })
  await deliver(testBed.postfix.port, mail)
  await testBed.postfix.waitForLog(/relay=candy, .*status=deferred/)
  expect(testBed.sink.count).toBe(0)
})
