/** `candy disable` while mail still depends on candy: in the queue, on hold, and in a session that is not over. */
import { expect, test } from 'vitest'
import { connect, deliver } from '../kit/client.js'
import { type Files, type Site, startSite } from './site.js'

const DEFER = '#!/bin/sh\necho "4.7.1 not now"; exit 75\n'
const MARK = '#!/bin/sh\n# candy: rewrites\necho "X-Judged: yes"; cat\n'

/** Does this where candy is enabled in pipe mode; `before` are Postfix's files before that. */
function enabled(act: (site: Site, before: Files) => Promise<void>): () => Promise<void> {
  return async () => {
    // With the test bed's one second a retry may come while pipe(8) still holds the message, and then waits for ever.
    await using site = await startSite({ main: { minimal_backoff_time: '4s', maximal_backoff_time: '4s' } })
    const before = await site.files()
    await site.enable('--mode', 'pipe')
    await act(site, before)
  }
}

function mail(body: string): { sender: string; recipients: string[]; bytes: string } {
  return { sender: 'a@example.com', recipients: ['b@example.net'], bytes: `Subject: test\r\n\r\n${body}\r\n` }
}

async function send(site: Site, body: string): Promise<string> {
  const reply = await deliver(site.postfix.port, mail(body))
  return /queued as (\S+)/.exec(reply.lines.join())?.[1] ?? ''
}

async function inQueue(site: Site, id: string): Promise<string | undefined> {
  return (await site.postfix.queue()).find((entry) => entry.queue_id === id)?.queue_name
}

// Each on a site of its own, at the same time: they wait more than they work.
test.concurrent(
  'deferred mail goes on after the deadline, and held mail keeps the services until somebody decides',
  enabled(async (site, before) => {
    await site.writeFilter('50-filter', DEFER)
    const deferred = await send(site, 'deferred')
    const held = await send(site, 'held')
    await site.postfix.waitUntil('deferred mail', async () => (await inQueue(site, deferred)) === 'deferred')
    await site.postfix.run('postsuper', ['-h', held])
    expect(await inQueue(site, held)).toBe('hold')

    const { stderr } = await site.candy(['disable', '--yes', '--wait', '2s'], 69)
    expect(stderr, await site.postfix.log()).toContain(`requeueing ${deferred}: candy did not take it in time`)
    expect(stderr).toMatch(new RegExp(`held messages were received for it \\(${held}\\).*postsuper -H`))
    await site.sink.waitFor(1)
    expect(await inQueue(site, held)).toBe('hold')
    const kept = await site.files()
    expect(kept.master).not.toContain('content_filter=candy:dummy')
    expect(kept.master).toContain('/candy-pipe')

    // After its release the message is still judged, by the filter that it was received for.
    await site.writeFilter('50-filter', MARK)
    await site.postfix.run('postsuper', ['-H', held])
    await site.postfix.flush()
    const messages = await site.sink.waitFor(2)
    expect(messages.map(({ bytes }) => bytes.includes('X-Judged: yes'))).toEqual([false, true])
    await site.candy(['disable', '--yes'])
    expect(await site.files()).toEqual(before)
  }),
)

test.concurrent(
  'mail of a session that was open before is judged, and then candy is removed',
  enabled(async (site, before) => {
    await site.writeFilter('50-filter', MARK)
    await using client = await connect(site.postfix.port)
    await client.ehlo()
    const { stderr } = await site.candy(['disable', '--yes', '--wait', '1s'], 69)
    expect(stderr).toMatch(/sessions from before are still open \(smtpd \d+\).*run "candy disable" again/)
    const kept = await site.files()
    expect(kept.main).not.toBe(before.main)
    expect(kept.master).toContain('/candy-pipe')
    expect(kept.master).not.toContain('content_filter=candy')
    const reloads = async (): Promise<number> => (await site.postfix.log()).split('reload -- version').length
    const count = await reloads()
    const disabled = site.candy(['disable', '--yes', '--wait', '60s'])
    await site.postfix.waitUntil('a reload', async () => (await reloads()) > count)
    await deliver(site.postfix.port, mail('new'))
    await client.send(mail('old'))
    const messages = await site.sink.waitFor(2)
    const judged = messages.map(({ bytes }) => [bytes.includes('old'), bytes.includes('X-Judged: yes')])
    expect(judged).toContainEqual([true, true])
    expect(judged).toContainEqual([false, false])
    expect((await site.files()).master).toContain('/candy-pipe')
    await client.quit()
    expect((await disabled).stderr).toContain('sessions from before')
    expect(await site.files()).toEqual(before)
  }),
)

test.concurrent(
  'what was edited by hand in between stays; --purge takes away what candy kept, but no quarantined mail unasked',
  enabled(async (site, before) => {
    await site.postfix.set({ smtpd_banner: 'edited' })
    await site.writeFilter('50-filter', '#!/bin/sh\nexit 69\n')
    await send(site, 'bad')
    await site.postfix.waitUntilEmpty()
    const edited = { ...before, main: `${before.main}smtpd_banner = edited\n` }
    const { stderr } = await site.candy(['disable', '--yes', '--purge'], 69)
    expect(stderr).toMatch(/quarantine has 1 message: /)
    expect((await site.files()).master).toContain('content_filter=candy:dummy')
    await site.candy(['disable', '--yes', '--purge', '--quarantine'])
    expect(await site.files()).toEqual(edited)
    await expect(site.quarantined()).rejects.toThrow('ENOENT')
  }),
)
