import type { Verdict } from '@candy/sdk'
import { beforeEach, describe, expect, test } from 'vitest'
import { scratch, text } from '../support.js'
import { type Call, judgeIn, MAIL } from './started-script.js'

let directory: string

beforeEach(() => {
  directory = scratch()
})

function judge(source: string, call?: Call): Promise<Verdict> {
  return judgeIn(directory, source, call)
}

async function content(verdict: Verdict): Promise<string> {
  return 'content' in verdict ? text(verdict.content()) : 'no content'
}

describe('a script that rewrites', () => {
  const head = '#!/bin/sh\n# candy: rewrites\n'

  test('gives the new message on standard output', async () => {
    const verdict = await judge(`${head}sed s/hello/goodbye/`)
    expect(verdict).toMatchObject({ action: 'accept' })
    expect(await content(verdict)).toBe(MAIL.replace('hello', 'goodbye').replaceAll('\r\n', '\n'))
  })

  test.each(['// candy: rewrites', '-- candy: rewrites', '  #   candy:   rewrites  ', '## candy: rewrites'])(
    'says so by the line %j',
    async (line) => {
      expect(await content(await judge(`#!/bin/sh\n: <<'END'\n${line}\nEND\ncat`))).toContain('hello')
    },
  )

  test.each(['# I wish candy: rewrites', 'echo candy: rewrites', '# (candy: rewrites)'])(
    'does not by the line %j',
    async (line) => {
      expect(await judge(`#!/bin/sh\n${line}\ncat`)).toEqual({ action: 'accept' })
    },
  )

  test('rejects with what it wrote to standard error, never with the message', async () => {
    expect(await judge(`${head}cat; echo 5.7.1 no >&2; exit 69`)).toEqual({
      action: 'reject',
      text: 'no',
      status: [7, 1],
    })
    expect(await judge(`${head}cat; exit 69`)).toEqual({ action: 'reject', text: 'message content rejected' })
  })

  test('and fails after half of the message could not decide', async () => {
    await expect(judge(`${head}head -n 1; exit 1`)).rejects.toMatchObject({ code: 'VERDICT' })
  })

  test('and writes nothing could not decide: an empty message is a lost one', async () => {
    await expect(judge(`${head}cat >/dev/null`)).rejects.toMatchObject({ code: 'CONTENT' })
  })

  test('and writes without end is stopped', async () => {
    await expect(judge(`${head}exec cat /dev/zero`)).rejects.toMatchObject({
      code: 'CONTENT',
      message: 'more than 67108864 bytes of output',
    })
  })

  test('gives what its last child writes after it has ended', async () => {
    expect(await content(await judge(`${head}(sleep 1; echo late) &\necho early; exit 0`))).toBe('early\nlate\n')
  })
})
