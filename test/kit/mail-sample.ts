/** A mail to send, and what was put above it on its way. */

export const sender = 'alice@example.test'
export const recipients = ['bob@example.net']

export const bytes = Buffer.from(
  [
    'From: alice@example.test',
    'To: bob@example.net',
    'Date: Mon, 1 Jan 2024 00:00:00 +0000',
    'Message-ID: <1@example.test>',
    'Subject: =?utf-8?q?caf=C3=A9?=',
    'X-Folded: one',
    '\t two  ',
    '',
    '.dot',
    '..',
    'long '.repeat(300),
    '\u00e9 8-bit',
    '',
  ].join('\r\n'),
)
/** A mail that tries what a relay may spoil: folding, blanks at line ends, dots, a long line, 8-bit content. */
export const mail = { sender, recipients, bytes }

/** What stands above the message that was sent; undefined when that is not the end of what was received. */
export function addedTo(received: Buffer | undefined): string | undefined {
  if (received === undefined || !received.subarray(-bytes.length).equals(bytes)) return undefined
  return received.subarray(0, -bytes.length).toString()
}
