/** When its signal aborts, no process of a script is left. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Verdict } from '@candy/sdk'
import { beforeEach, describe, expect, test } from 'vitest'
import { scratch } from '../support.js'
import { type Call, judgeIn } from './started-script.js'

let directory: string

beforeEach(() => {
  directory = scratch()
})

function judge(source: string, call?: Call): Promise<Verdict> {
  return judgeIn(directory, source, call)
}

describe('an aborted script is gone', () => {
  const alive = async (marker: string): Promise<boolean> => {
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'args'])
    return stdout.split('\n').some((line) => line.includes(marker) && !line.includes('ps -eo'))
  }

  async function abortOnceReady(source: string): Promise<unknown> {
    const controller = new AbortController()
    const settled = judge(source, { signal: controller.signal }).catch((error: unknown) => error)
    await expect.poll(() => existsSync(join(directory, 'ready'))).toBe(true)
    controller.abort(new Error('deadline'))
    return settled
  }

  test('with all it started, and judge fails with the reason', async () => {
    const error = await abortOnceReady(`#!/bin/sh\nsleep 71.4242 &\ntouch ${directory}/ready; sleep 72.4242; exit 0`)
    expect(error).toMatchObject({ message: 'deadline' })
    await expect.poll(() => alive('.4242')).toBe(false)
  })

  test('also when it ignores SIGTERM', async () => {
    const source = `#!/bin/sh\ntrap '' TERM\ntouch ${directory}/ready\nwhile :; do sleep 0.1; done # ${directory}`
    expect(await abortOnceReady(source)).toMatchObject({ message: 'deadline' })
    expect(await alive(`${directory}/40-mine`)).toBe(false)
  })

  test('but may clean up first', async () => {
    const source = `#!/bin/sh\ntrap 'rm ${directory}/kept; exit 1' TERM\ntouch ${directory}/kept ${directory}/ready\nwhile :; do sleep 0.05; done`
    await abortOnceReady(source)
    expect(existsSync(join(directory, 'kept'))).toBe(false)
  })

  test('and is never started when the signal has aborted before', async () => {
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(judge(`#!/bin/sh\ntouch ${directory}/ready`, { signal })).rejects.toThrow('too late')
    await sleep(100)
    expect(existsSync(join(directory, 'ready'))).toBe(false)
  })
})
