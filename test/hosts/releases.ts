/** The Debian releases that candy is tried on. */

export interface Release {
  /** As Debian's archive calls it. */
  readonly suite: string
  readonly name: string
  /**
   * The major versions of Node.js and npm to bring, from the npm packages of these names, where the release's own Node.js is
   * older than 20.19.
   */
  readonly bring?: { readonly node: number; readonly npm: number }
}

export const RELEASES: readonly Release[] = [
  { suite: 'trixie', name: 'Debian 13, with its own Node.js and npm' },
  { suite: 'bookworm', name: 'Debian 12, with Node.js 24 and npm 11', bring: { node: 24, npm: 11 } },
  { suite: 'bullseye', name: 'Debian 11, with Node.js 22 and npm 10', bring: { node: 22, npm: 10 } },
]

/** The Debian packages that a mail host has in addition to the base system. */
export function packagesOf({ bring }: Release): readonly string[] {
  const own = bring === undefined ? ['nodejs', 'npm'] : []
  return ['postfix', 'clamav-daemon', 'acl', 'procps', 'ca-certificates', ...own]
}
