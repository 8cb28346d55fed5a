import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { Deadline, unlessAborted } from '../../src/chain/deadline.js'

const WHY = new Error('enough')

describe('a deadline', () => {
  test('comes by its own time, once', async () => {
    const deadline = new Deadline(undefined, 10)
    const listener = vi.fn()
    deadline.onAbort(listener)
    await expect.poll(() => listener.mock.calls.length).toBe(1)
    deadline.abort(WHY)
    expect(listener).toHaveBeenCalledExactlyOnceWith(deadline.reason)
    expect(deadline.reason).toMatchObject({ code: 'DEADLINE', message: 'not done within 10 ms' })
    expect(() => deadline.throwIfAborted()).toThrow('not done within 10 ms')
  })

  test('comes with its parent, with the same reason, and does not end its parent', () => {
    const parent = new Deadline()
    const part = new Deadline(parent)
    const other = new Deadline(parent)
    part.abort(new Error('only I'))
    expect([parent.reason, other.reason]).toEqual([undefined, undefined])
    parent.abort(WHY)
    expect(other.reason).toBe(WHY)
    expect(part.reason?.message).toBe('only I')
    expect(new Deadline(parent).reason).toBe(WHY)
  })

  test('calls late listeners at once, and removed listeners never', () => {
    const deadline = new Deadline()
    const left = vi.fn()
    deadline.onAbort(left)
    deadline.offAbort(left)
    deadline.abort(WHY)
    const late = vi.fn()
    deadline.onAbort(late)
    expect(left).not.toHaveBeenCalled()
    expect(late).toHaveBeenCalledExactlyOnceWith(WHY)
  })

  test.each(['before', 'after'])('gives a signal that aborts with it, asked for %s', (when) => {
    const deadline = new Deadline()
    const early = when === 'before' ? deadline.signal : undefined
    expect(early?.aborted ?? false).toBe(false)
    deadline.abort(WHY)
    expect(deadline.signal.reason).toBe(WHY)
    expect(early ?? deadline.signal).toBe(deadline.signal)
  })

  test('that has ended does not come any more', async () => {
    const parent = new Deadline()
    const part = new Deadline(parent, 1)
    const { signal } = part
    const listener = vi.fn()
    part.onAbort(listener)
    part.end()
    part.end()
    await sleep(10)
    parent.abort(WHY)
    expect([part.reason, signal.aborted]).toEqual([undefined, false])
    expect(listener).not.toHaveBeenCalled()
  })
})

describe('unlessAborted', () => {
  test('gives what the promise gives', async () => {
    await expect(unlessAborted(Promise.resolve(1), new Deadline())).resolves.toBe(1)
    await expect(unlessAborted(Promise.reject(WHY), new Deadline())).rejects.toBe(WHY)
  })

  test('does not wait past the deadline, nor leave a late failure unhandled', async () => {
    const deadline = new Deadline()
    let fail: (reason: Error) => void = () => {}
    const waiting = unlessAborted(new Promise((_, reject) => (fail = reject)), deadline)
    deadline.abort(WHY)
    await expect(waiting).rejects.toBe(WHY)
    fail(new Error('late'))
    await expect(unlessAborted(Promise.resolve(1), deadline)).rejects.toBe(WHY)
  })
})
