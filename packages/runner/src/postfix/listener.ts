/** Tests whether an SMTP or LMTP server answers on a UNIX socket. */
import { SmtpClient } from '../smtp/client.js'

/** Milliseconds that the server may take to send its greeting. */
const TIMEOUT = 5_000

/** Whether a server sends the greeting 220 in time. */
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
