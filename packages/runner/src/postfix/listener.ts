/** Whether somebody serves a UNIX socket. */
import { SmtpClient } from '../smtp/client.js'

/** Milliseconds for a greeting. */
const TIMEOUT = 5_000

export async function answers(path: string): Promise<boolean> {
  const client = SmtpClient.connect({ path }, { signal: AbortSignal.timeout(TIMEOUT) })
  try {
    return (await client.reply()).code === 220
  } catch {
    return false
  } finally {
    client.close()
  }
}
