/** The five messages of the demo, and what should become of each. */
import { randomBytes } from 'node:crypto'
import { EICAR } from '../kit/clamd.js'
import { runCommand } from '../kit/command.js'

export interface DemoMail {
  readonly name: string
  /** Canonical content: CRLF line ends. */
  readonly bytes: Buffer
  readonly expected: 'delivered' | 'quarantined'
}

/** The Generic Test for Unsolicited Bulk Email (https://spamassassin.apache.org/gtube/), in two halves as EICAR is. */
const GTUBE = ['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('')

/** Bytes. Just below what Postfix takes unless told otherwise (message_size_limit). */
const LARGE = 10_000_000

export async function writeMails(): Promise<readonly DemoMail[]> {
  const zip = await runCommand('zip', ['-q', '-', '-'], { input: EICAR })
  return [
    mail('clean', 'delivered', text('Hello Bob,\r\n\r\nsee you on Thursday.\r\n.\r\n\r\nAlice')),
    mail('EICAR', 'quarantined', text(EICAR)),
    mail('EICAR in a zip', 'quarantined', attachment('invoice.zip', zip)),
    mail('GTUBE', 'quarantined', text(GTUBE)),
    mail('10 MB', 'delivered', attachment('holiday.jpg', randomBytes(Math.round((LARGE * 57) / 78)))),
  ]
}

function mail(name: string, expected: DemoMail['expected'], content: string): DemoMail {
  const header = [
    'From: Alice <alice@example.com>',
    'To: Bob <bob@example.net>',
    `Subject: ${name}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${randomBytes(8).toString('hex')}@example.com>`,
    'MIME-Version: 1.0',
  ]
  return { name, expected, bytes: Buffer.from(`${header.join('\r\n')}\r\n${content}`) }
}

function text(words: string): string {
  return `Content-Type: text/plain\r\n\r\n${words}\r\n`
}

/** RFC 2045 §6.8: lines of 76 characters, 57 bytes each. */
function attachment(name: string, bytes: Buffer): string {
  const boundary = '=_candy'
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    text('Here it is.'),
    `--${boundary}`,
    `Content-Type: application/octet-stream; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    bytes.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n'),
    `--${boundary}--`,
    '',
  ].join('\r\n')
}
