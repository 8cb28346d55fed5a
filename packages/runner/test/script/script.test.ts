import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Envelope, Message, Verdict } from '@candy/sdk'
import { message, testContext } from '@candy/sdk/testing'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { scriptFilter } from '../../src/script/script.js'
import { scratch } from '../support.js'
import { type Call, judgeIn, MAIL, readScript, write } from './started-script.js'

let directory: string

beforeEach(() => {
  directory = scratch()
})

function judge(source: string, call?: Call): Promise<Verdict> {
  return judgeIn(directory, source, call)
}

async function given(source: string, envelope: Partial<Envelope> = {}): Promise<string> {
  await judge(source, { message: message(new TextEncoder().encode(MAIL), { id: '4XyZ', envelope }) })
  return readFileSync(join(directory, 'given'), 'utf8')
}

describe('a script of FILTER_README, word for word', () => {
  const README_SCRIPT = (test: string): string => `#!/bin/sh

# Simple shell-based filter. It is meant to be invoked as follows:
#       /path/to/script -f sender recipients...

# Localize these.
INSPECT_DIR=${directory}

# Exit codes from <sysexits.h>
EX_TEMPFAIL=75
EX_UNAVAILABLE=69

# Clean up when done or when aborting.
trap "rm -f in.$$" 0 1 2 3 15

# Start processing.
cd $INSPECT_DIR || {
    echo $INSPECT_DIR does not exist; exit $EX_TEMPFAIL; }

cat >in.$$ || {
    echo Cannot save mail to file; exit $EX_TEMPFAIL; }

# Specify your content filter here.
${test} <in.$$ || {
  echo Message content rejected; exit $EX_UNAVAILABLE; }

exit $?
`
  test('accepts', async () => {
    expect(await judge(README_SCRIPT('grep -q hello'))).toEqual({ action: 'accept' })
  })

  test('rejects with its text', async () => {
    expect(await judge(README_SCRIPT('grep -q goodbye'))).toEqual({
      action: 'reject',
      text: 'Message content rejected',
    })
  })

  test('defers with its text', async () => {
    const elsewhere = README_SCRIPT('true').replace(directory, '/no/such/place')
    expect(await judge(elsewhere)).toEqual({ action: 'defer', text: '/no/such/place does not exist' })
  })
})

describe('a script is given', () => {
  test('the message with LF, dots as they are', async () => {
    expect(await given(`#!/bin/sh\ncat > ${directory}/given`)).toBe(MAIL.replaceAll('\r\n', '\n'))
  })

  test('sender and recipients as arguments, the null sender and addresses like options among them', async () => {
    const show = `#!/bin/sh\nfor word; do echo "<$word>"; done > ${directory}/given`
    expect(await given(show, { sender: '-oQ/tmp', recipients: ['-v', 'b c@example.com', '$(id)@example.com'] })).toBe(
      '<-f>\n<-oQ/tmp>\n<-->\n<-v>\n<b c@example.com>\n<$(id)@example.com>\n',
    )
    expect(await given(show, { sender: '' })).toBe('<-f>\n<>\n<-->\n<recipient@example.com>\n')
  })

  test('the envelope in the environment, and little else', async () => {
    vi.stubEnv('CANDY_SECRET', 'x')
    vi.stubEnv('CREDENTIALS_DIRECTORY', '/run/x')
    const client = { address: '2001:db8::1', name: 'mx.example.com', helo: 'mx', protocol: 'ESMTP', login: 'me' }
    const shown = await given(`#!/bin/sh\nenv | sort > ${directory}/given`, {
      sender: 's@example.com',
      recipients: ['a@example.com', 'b@example.com'],
      client,
    })
    vi.unstubAllEnvs()
    expect(shown.split('\n').filter((line) => line.startsWith('CANDY_') || line.startsWith('b@'))).toEqual(
      [
        'CANDY_CLIENT_ADDRESS=2001:db8::1',
        'CANDY_CLIENT_NAME=mx.example.com',
        'CANDY_FILTER=40-mine',
        'CANDY_HELO=mx',
        'CANDY_ID=4XyZ',
        'CANDY_LOGIN=me',
        'CANDY_PROTOCOL=ESMTP',
        'CANDY_RECIPIENTS=a@example.com',
        'CANDY_RECIPIENT_COUNT=2',
        `CANDY_SCRIPT=${directory}/40-mine`,
        'CANDY_SENDER=s@example.com',
        `CANDY_SIZE=${MAIL.length}`,
        'b@example.com',
      ].sort((a, b) => (a < b ? -1 : 1)),
    )
    expect(shown).not.toContain('CREDENTIALS_DIRECTORY')
    expect(shown).toMatch(/^PATH=/m)
  })

  test('no client variables where no client is known', async () => {
    expect(await given(`#!/bin/sh\nenv > ${directory}/given`)).not.toMatch(/CANDY_(CLIENT|HELO|PROTOCOL|LOGIN)/)
  })

  test('more recipients than a variable can hold as arguments alone', async () => {
    const recipients = Array.from({ length: 2000 }, (_, at) => `${'r'.repeat(60)}${at}@example.com`)
    const shown = await given(
      `#!/bin/sh\necho $# "\${CANDY_RECIPIENTS-unset}" $CANDY_RECIPIENT_COUNT > ${directory}/given`,
      {
        recipients: recipients as [string, ...string[]],
      },
    )
    expect(shown).toBe('2003 unset 2000\n')
  })
})

describe('a script answers', () => {
  test.each<[string, string, Verdict]>([
    ['0, whatever it prints', 'echo 5.7.1 nonsense; exit 0', { action: 'accept' }],
    ['0 without reading the message', 'exec <&-; exit 0', { action: 'accept' }],
    ['69 with a text', 'echo no; exit 69', { action: 'reject', text: 'no' }],
    ['69 with a status', 'echo "5.7.1 no viruses"; exit 69', { action: 'reject', text: 'no viruses', status: [7, 1] }],
    ['69 with a reply', 'echo "550 5.7.26 no"; exit 69', { action: 'reject', text: 'no', status: [7, 26] }],
    ['69 without a word', 'exit 69', { action: 'reject', text: 'message content rejected' }],
    ['69 with blank lines first', 'echo; echo " no "; echo more; exit 69', { action: 'reject', text: 'no' }],
    ['69 on standard error', 'echo 5.7.1 no >&2; exit 69', { action: 'reject', text: 'no', status: [7, 1] }],
    ['69 on both', 'echo err >&2; echo out; exit 69', { action: 'reject', text: 'out' }],
    [
      '69 with a temporary status, as pipe(8) reads it',
      'echo 4.7.1 later; exit 69',
      { action: 'defer', text: 'later', status: [7, 1] },
    ],
    ['75 with a text', 'echo "4.3.2 busy"; exit 75', { action: 'defer', text: 'busy', status: [3, 2] }],
    [
      '75 with a permanent status: still temporary',
      'echo 5.7.1 no; exit 75',
      { action: 'defer', text: 'no', status: [7, 1] },
    ],
    ['75 without a word', 'exit 75', { action: 'defer', text: 'the content filter asks to try again later' }],
    [
      'with a status alone',
      'echo 5.7.1; exit 69',
      { action: 'reject', text: 'message content rejected', status: [7, 1] },
    ],
  ])('%s', async (_, lines, verdict) => {
    expect(await judge(`#!/bin/sh\n${lines}\n`)).toEqual(verdict)
  })

  test.each([
    ['with a word', 'echo too deep; exit 65', { action: 'unscannable', text: 'too deep' }],
    ['without one', 'exit 65', { action: 'unscannable', text: 'message content cannot be scanned' }],
    ['with a status', 'echo 5.6.1 encrypted; exit 65', { action: 'unscannable', text: 'encrypted', status: [6, 1] }],
    [
      'with a temporary status',
      'echo 4.3.1 no memory; exit 65',
      { action: 'defer', text: 'no memory', status: [3, 1] },
    ],
  ])('65 %s: it can never decide about this message', async (_, lines, verdict) => {
    expect(await judge(`#!/bin/sh\n${lines}\n`)).toEqual(verdict)
  })

  test.each([1, 2, 64, 70, 71, 78, 126, 127, 255])('%i: it could not decide', async (status) => {
    await expect(judge(`#!/bin/sh\necho oops >&2; exit ${status}`)).rejects.toMatchObject({
      code: 'VERDICT',
      message: `${directory}/40-mine: exit status ${status} (0 accepts, 65 cannot ever be decided, 69 rejects, 75 defers): oops`,
    })
  })

  test('by dying: it could not decide', async () => {
    await expect(judge('#!/bin/sh\nkill -SEGV $$')).rejects.toThrow(/ended by SIGSEGV$/)
  })

  test('while it leaves something running that holds its output', async () => {
    const started = Date.now()
    expect(await judge('#!/bin/sh\nsleep 15 &\nexit 69')).toMatchObject({ action: 'reject' })
    expect(Date.now() - started).toBeLessThan(10_000)
  })

  test('with what it wrote to standard error in the log', async () => {
    const warnings: string[] = []
    await judge('#!/bin/sh\necho careful >&2', { warnings })
    expect(warnings).toEqual(['careful'])
  })

  test('with output without end: the start is kept, and it never waits', async () => {
    expect(await judge('#!/bin/sh\nhead -c 5000000 /dev/zero | tr "\\0" x; exit 69')).toMatchObject({
      action: 'reject',
    })
  })

  test('from an interpreter that is not there: it could not decide', async () => {
    await expect(judge('#!/no/such/interpreter\n')).rejects.toThrow('ENOENT')
  })

  test('nothing when an address cannot be an argument', async () => {
    const strange = message('Subject: x\n\n', { envelope: { sender: 'a\0b' } })
    await expect(judge('#!/bin/sh\n', { message: strange })).rejects.toThrow('null bytes')
  })
})

describe('a message', () => {
  const size = 8 * 1024 * 1024
  const large = (): Message => message(Buffer.alloc(size, 'a line of mail\r\n'))

  test('of megabytes is read to its end', async () => {
    expect(await judge('#!/bin/sh\n[ $(wc -c) = 7864320 ] || exit 69', { message: large() })).toEqual({
      action: 'accept',
    })
  })

  test('of megabytes may be left unread', async () => {
    expect(await judge('#!/bin/sh\nhead -c 10 >/dev/null; exit 69', { message: large() })).toMatchObject({
      action: 'reject',
    })
  })

  test('whose reading fails is never judged by its beginning', async () => {
    const broken: Message = {
      ...message('Subject: x\n\n'),
      async *open() {
        yield new TextEncoder().encode('Subject: x\r\n')
        throw Object.assign(new Error('disk'), { code: 'SPOOL' })
      },
    }
    await expect(judge('#!/bin/sh\ncat >/dev/null; exit 0', { message: broken })).rejects.toMatchObject({
      code: 'SPOOL',
    })
  })
})

describe('a script is refused', () => {
  const said = (source: string): string[] => {
    const problems: Problem[] = []
    expect(readScript(write(directory, source), problems)).toBeUndefined()
    return problems.map((problem) => printProblem({ ...problem, file: 'FILE' }))
  }

  test('when its declaration is misspelt', () => {
    expect(said('#!/bin/sh\n# candy: rewirtes\n')).toEqual([
      'FILE:2:3: candy: unknown declaration "rewirtes" (there are: rewrites, fields); did you mean "rewrites"?',
    ])
  })

  test.each([
    ['fields', 'fields: names at least one header field'],
    ['fields X-Mine Subject', 'fields: Subject would be taken out of every message'],
    ['fields X-Mine:', 'fields: "X-Mine:" is neither a header field name'],
    ['fields X-Candy-Status', "fields: X-Candy-Status is the runner's own"],
    ['rewrites all', 'unknown declaration "rewrites all"'],
  ])('when it declares %j', (words, what) => {
    expect(said(`#!/bin/sh\n# candy: ${words}\n`)[0]).toContain(`FILE:2:3: candy: ${what}`)
  })

  test('when the kernel could not run it', () => {
    expect(said('echo hello\n')).toEqual(['FILE:1:1: is a script without an interpreter; did you mean "#!/bin/sh"?'])
    expect(said('')).toHaveLength(1)
  })
})

test('a program that is no script filters too', async () => {
  const path = join(directory, '40-true')
  copyFileSync('/bin/true', path)
  const script = readScript(path)
  if (script === undefined) throw new Error('refused')
  expect(await scriptFilter(script).filter.judge(message(MAIL), testContext())).toEqual({ action: 'accept' })
})
