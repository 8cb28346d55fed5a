/** What `candy disable --purge` removes is told first, and root deletes nothing that candy could have led it to. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { InstancePaths } from '../../src/postfix/directories.js'
import { planPurge, purge } from '../../src/postfix/purge.js'
import { candyIds, scratch } from '../support.js'

let paths: InstancePaths
let directory: string
const share = { share: '/nowhere', journal: undefined }

beforeEach(async () => {
  directory = scratch()
  chmodSync(directory, 0o755)
  const path = (name: string): string => join(directory, name)
  paths = { configDirectory: path('etc'), queueDirectory: path('queue'), state: path('state') }
  for (const made of [paths.configDirectory, paths.queueDirectory, paths.state]) mkdirSync(made)
  mkdirSync(join(paths.state, 'packages'))
  const [user, group] = await candyIds()
  for (const name of ['spool', 'quarantine']) {
    mkdirSync(join(paths.state, name), { mode: 0o700 })
    chownSync(join(paths.state, name), user, group)
  }
})

function asCandy(script: string): void {
  const { status, stderr } = spawnSync(
    'setpriv',
    ['--reuid', 'candy', '--regid', 'candy', '--clear-groups', 'sh', '-ec', script],
    {
      cwd: paths.state,
      encoding: 'utf8',
    },
  )
  expect([status, stderr]).toEqual([0, ''])
}

test('the list names all that is removed and counts the messages; what is not in the list stays', async () => {
  asCandy('mkdir quarantine/a quarantine/b; echo x >quarantine/a/message.eml')
  writeFileSync(join(paths.configDirectory, 'candy.toml'), '')
  writeFileSync(join(paths.state, 'packages/package.json'), '{}')
  expect(() => planPurge(paths, { ...share, quarantine: false })).toThrow(
    /quarantine has 2 messages: .*say --quarantine/,
  )
  const plan = planPurge(paths, { ...share, quarantine: true })
  const state = (name: string): string => join(paths.state, name)
  expect(plan).toEqual([
    { name: state('spool') },
    { name: state('quarantine'), messages: 2 },
    { name: state('packages') },
    { name: join(paths.configDirectory, 'candy.toml') },
    { name: paths.state },
  ])
  await purge(plan, paths)
  expect(readdirSync(directory)).toEqual(['etc', 'queue'])
  expect(planPurge(paths, { ...share, quarantine: true })).toEqual([])
})

test('a link in the quarantine is deleted and not followed, and what candy may not delete is not deleted for it', async () => {
  const victim = join(directory, 'victim')
  mkdirSync(victim)
  writeFileSync(join(victim, 'passwd'), 'whole')
  asCandy(`ln -s ${victim} quarantine/a; ln -s ${victim}/passwd quarantine/b; ln -s ${victim} spool/c`)
  await purge(planPurge(paths, { ...share, quarantine: true }), paths)
  expect(readdirSync(victim)).toEqual(['passwd'])
  expect(existsSync(paths.state)).toBe(false)
})

test('root follows no link when the account candy swaps a directory for a link while it is being deleted', async () => {
  const victim = join(directory, 'victim')
  mkdirSync(victim)
  for (let n = 0; n < 50; n++) writeFileSync(join(victim, `file-${n}`), '')
  const script = `while :; do
mkdir -p quarantine/a/b quarantine/n; ln -sfn ${victim} quarantine/l; mv -T quarantine/a quarantine/o; mv -T quarantine/l quarantine/a
rm -f quarantine/a; rm -rf quarantine/o; done 2>/dev/null`
  const account = ['--reuid', 'candy', '--regid', 'candy', '--clear-groups']
  const attacker = spawn('setpriv', [...account, 'sh', '-c', script], {
    cwd: paths.state,
    stdio: 'ignore',
    detached: true,
  })
  const ended = once(attacker, 'exit')
  try {
    for (let n = 0; n < 30; n++) {
      await purge([{ name: join(paths.state, 'quarantine') }], paths).catch(() => {})
      if (!existsSync(join(paths.state, 'quarantine'))) mkdirSync(join(paths.state, 'quarantine'))
      chownSync(join(paths.state, 'quarantine'), ...(await candyIds()))
    }
  } finally {
    // The whole group, or a mkdir(1) that runs at this moment writes below what the test removes.
    process.kill(-Number(attacker.pid), 'SIGKILL')
    await ended
  }
  expect(readdirSync(victim)).toHaveLength(50)
})

test('a journal that names paths which candy does not create has none of them removed', async () => {
  const victim = join(directory, 'victim')
  writeFileSync(victim, '')
  symlinkSync(victim, join(directory, 'link'))
  const created = [victim, join(directory, 'link'), '/etc/systemd/system/../../passwd', join(paths.state, '../victim')]
  const journal = { created } as unknown as Parameters<typeof planPurge>[1]['journal']
  const plan = planPurge(paths, { share: '/nowhere', journal, quarantine: false })
  await purge(plan, paths)
  expect(readdirSync(directory)).toContain('victim')
  expect(readdirSync(directory)).toContain('link')
  expect(plan.map(({ name }) => name)).not.toContain(victim)
})
