/**
 * The messages that `candy doctor --send` sends. The two that a scanner must find are put together when they are needed, so that
 * no scanner takes this program for one of them.
 */

/** The EICAR test file, which every virus scanner finds (https://www.eicar.org). */
const EICAR = ['X5O!P%@AP[4', '\\PZX54(P^)7CC)7}$EICAR-', 'STANDARD-ANTIVIRUS-', 'TEST-FILE!$H+H*'].join('')

/** The text that every SpamAssassin finds (https://spamassassin.apache.org/gtube/). */
const GTUBE = ['XJS*C4JDBQADN1.NSBN3*', '2IDNEN*GTUBE-STANDARD-', 'ANTI-UBE-TEST-EMAIL*C.34X'].join('')

export interface TestMail {
  readonly name: 'clean' | 'EICAR' | 'GTUBE'
  /** The package whose filter must find it; undefined for the clean one. */
  readonly finder: string | undefined
  /** The message, with CRLF line ends. `recipient` is in it, so that it is known again. */
  print(recipient: string, host: string): string
}

export const TEST_MAILS: readonly TestMail[] = [
  {
    name: 'clean',
    finder: undefined,
    print: (recipient, host) =>
      message(
        'clean',
        recipient,
        host,
        [],
        ['This message goes through candy, and nobody receives it.', '.', 'It ends here.'],
      ),
  },
  {
    name: 'EICAR',
    finder: '@candy/filter-clamav',
    print: (recipient, host) => {
      const boundary = 'candy-doctor'
      const fields = ['MIME-Version: 1.0', `Content-Type: multipart/mixed; boundary="${boundary}"`]
      const attachment = [
        'Content-Type: application/octet-stream; name="eicar.com"',
        'Content-Disposition: attachment; filename="eicar.com"',
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.from(EICAR).toString('base64'),
      ]
      return message('EICAR', recipient, host, fields, [
        `--${boundary}`,
        'Content-Type: text/plain',
        '',
        'A file is attached that every virus scanner finds, and that does no harm.',
        `--${boundary}`,
        ...attachment,
        `--${boundary}--`,
      ])
    },
  },
  {
    name: 'GTUBE',
    finder: '@candy/filter-spamassassin',
    print: (recipient, host) => message('GTUBE', recipient, host, [], [GTUBE]),
  },
]

function message(
  name: TestMail['name'],
  recipient: string,
  host: string,
  fields: readonly string[],
  body: readonly string[],
): string {
  const header = [
    `From: PostfixCandy <postmaster@${host}>`,
    `To: ${recipient}`,
    `Subject: candy doctor (${name})`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${recipient}>`,
    ...fields,
  ]
  return [...header, '', ...body, ''].join('\r\n')
}
