/** A FILTER action of the site's beats content_filter: enabling says so, and in mode smtp-before Postfix has none. */
import { expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { type Site, startSite } from './site.js'

const MARK = '#!/bin/sh\n# candy: rewrites\necho "X-Judged: yes"; cat\n'

test('in mode smtp mail with a FILTER action does not go to candy, as enable has warned, and in mode smtp-before it does', async () => {
  await using site = await startSite({
    // $default_transport has the address to which the test bed delivers.
    main: { smtpd_sender_restrictions: 'check_sender_access inline:{{past@example.com = FILTER $default_transport}}' },
  })
  await site.writeFilter('50-mark', MARK)
  site.supervise()
  const warning =
    /warning: .*FILTER actions .*does not go to candy.*smtpd_sender_restrictions in main\.cf: FILTER smtp:/
  const { stdout } = await site.candy(['enable', '--yes', '--state', site.state, '--mode', 'smtp'])
  expect(stdout).toMatch(warning)
  expect(await isJudged(site, 'other@example.com')).toBe(true)
  expect(await isJudged(site, 'past@example.com')).toBe(false)
  const switched = await site.candy(['mode', 'smtp-before', '--yes'])
  expect(switched.stdout).not.toMatch(warning)
  expect(await isJudged(site, 'past@example.com')).toBe(true)
})

async function isJudged(site: Site, sender: string): Promise<boolean> {
  site.sink.clear()
  await deliver(site.postfix.port, { sender, recipients: ['b@example.net'], bytes: 'Subject: test\r\n\r\nbody\r\n' })
  const [message] = await site.sink.waitFor(1)
  return message?.bytes.includes('X-Judged: yes') === true
}
