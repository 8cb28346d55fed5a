/** A disk that gets full while candy is enabled: a sentence says so, nothing is half done, and with room it works. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { soaking } from '../kit/soak.js'
import { type Site, startSite } from './site.js'

/** Bytes that a file takes at least on tmpfs(5). */
const PAGE = 4_096

/** Pages of the file system; enough for all that enabling writes. */
const PAGES = 64

/** Pages between two sizes that are tried. */
const STRIDE = soaking ? 1 : 3

/** What Postfix makes in a new queue directory when it looks at it is there already. */
async function startChecked(): Promise<Site> {
  const site = await startSite()
  await site.postfix.run('postfix', ['check'])
  return site
}

async function shell({ postfix }: Site, script: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await postfix.run('sh', ['-c', script, 'sh', ...args])
  if (status !== 0) throw new Error(`${script}: ${stderr.toString()}`)
  return stdout.toString('latin1')
}

/** Lays a small file system over a directory where Postfix and candy see it, with all that was there in it. */
async function makeSmall(site: Site, path: string): Promise<AsyncDisposable> {
  const copy = join(site.directory, 'small')
  const options = `size=${PAGES * PAGE},mode=755`
  await shell(site, 'mkdir -p "$1" "$2" && mount -t tmpfs -o "$3" none "$2" && cp -a "$1/." "$2"', path, copy, options)
  await shell(site, 'mount --move "$2" "$1" 2>/dev/null || { mount --bind "$2" "$1" && umount "$2"; }', path, copy)
  return { [Symbol.asyncDispose]: async () => void (await shell(site, 'umount -l "$1"', path)) }
}

/** Fills the file system so that only this number of pages is free. */
async function leave(site: Site, path: string, pages: number): Promise<void> {
  const free = Number(await shell(site, 'rm -f "$1/filling"; stat -f -c %f "$1"', path))
  await shell(site, 'head -c "$2" /dev/zero >"$1/filling"', path, String((free - pages) * PAGE))
}

async function enable(site: Site): Promise<{ readonly status: number; readonly stderr: string }> {
  const argv = ['enable', '--yes', '--mode', 'pipe', '--state', site.state]
  const { stdout, stderr } = await site.candyIn('"$@"; echo "status $?"', argv)
  return { status: Number(/status (\d+)\n$/.exec(stdout)?.[1]), stderr }
}

/** All files of a directory with their bytes, except those that fill the disk. */
function contentOf(site: Site, path: string): Promise<string> {
  const script = `cd "$1" && list() { find . "$@" ! -name filling | sort; } && list && list -type f | xargs cat`
  return shell(site, script, path)
}

// Each on a site of its own, at the same time: they wait more than they work.
test.concurrent.each([
  ['state', (site: Site) => site.state],
  ['configuration', () => '/etc/postfix'],
])(
  'the disk of the %s directory has ever so many pages left',
  async (_, where) => {
    await using site = await startChecked()
    const path = where(site)
    await using _small = await makeSmall(site, path)
    const before = [await contentOf(site, '/etc/postfix'), await contentOf(site, path)]
    const queue = await shell(site, 'ls "$1"', site.postfix.queueDirectory)
    let failures = 0
    for (let pages = 0; ; pages += STRIDE) {
      expect(pages).toBeLessThan(PAGES)
      await leave(site, path, pages)
      const { status, stderr } = await enable(site)
      if (status === 0) break
      failures += 1
      expect([69, 74], stderr).toContain(status)
      expect(stderr).toMatch(
        /^(?:candy was not enabled: )?\/\S+: no space is left on the disk: make room, then try again$/m,
      )
      expect(stderr).not.toMatch(/^\s+at /m)
      expect([await contentOf(site, '/etc/postfix'), await contentOf(site, path)], `${pages} pages`).toEqual(before)
      expect(await shell(site, 'ls "$1"', site.postfix.queueDirectory)).toBe(queue)
    }
    expect(failures).toBeGreaterThan(2)
    await leave(site, path, PAGES / 2)
    await site.candy(['disable', '--yes', '--purge'])
    const [config] = await Promise.all([contentOf(site, '/etc/postfix')])
    expect(config).toBe(before[0])
  },
  600_000,
)

test.concurrent('the disk gets full while the test message is on its way: what cannot be undone then is undone by the next command', async () => {
  await using site = await startChecked()
  const go = join(site.directory, 'go')
  await site.writeFilter('50-wait', `#!/bin/sh\nwhile [ ! -e ${go} ]; do sleep 0.2; done\n`)
  await using _small = await makeSmall(site, '/etc/postfix')
  const before = await contentOf(site, '/etc/postfix')
  const failed = enable(site)
  await site.postfix.waitUntil('the test message', async () => (await site.postfix.queue()).length > 0)
  await leave(site, '/etc/postfix', 0)
  await writeFile(go, '')
  const { status, stderr } = await failed
  expect(status).toBe(69)
  expect(stderr).toMatch(/^candy was not enabled: \S+: no space is left on the disk/m)
  expect(stderr).toMatch(/^What was begun cannot be taken back now: \S+: no space .* run "candy disable"/m)
  await leave(site, '/etc/postfix', PAGES / 2)
  expect((await site.candy(['disable', '--yes'])).stderr).toContain('what it had begun is undone')
  expect(await contentOf(site, '/etc/postfix')).toBe(before)
}, 600_000)
