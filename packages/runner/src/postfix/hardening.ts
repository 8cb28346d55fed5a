/** What systemd keeps Postfix's processes from, and with them those that pipe(8) starts (systemd.exec(5)). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

/**
 * Whether processes of the instance may make memory executable, as the compiler of Node.js does. The unit of Debian 13 forbids it
 * (`MemoryDenyWriteExecute=yes`), and Node.js would end in the middle of a message.
 */
export async function mayMakeCode(queueDirectory: string): Promise<boolean> {
  const words = ['show', '--property=MemoryDenyWriteExecute', '--value', unitOf(queueDirectory)]
  const { stdout, failed } = await execa('systemctl', words, { reject: false })
  return failed || stdout.trim() !== 'yes'
}

/** The unit that master(8) runs in, where it runs (cgroups(7)). */
function unitOf(queueDirectory: string): string {
  try {
    const pid = Number(readFileSync(join(queueDirectory, 'pid/master.pid'), 'utf8'))
    const [, unit] = /\/([^/\n]+\.service)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? []
    if (unit !== undefined) return unit
  } catch {
    // It does not run.
  }
  return 'postfix.service'
}
