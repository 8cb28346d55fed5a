/** The changelog of a Debian package (deb-changelog(5)): one entry for what is packed. What changed is in the changelog of the release. */
import { maintainer } from './control.js'

export function printChangelog(name: string, version: string, date: Date): string {
  const [upstream] = version.split('-')
  // RFC 5322 §3.3, with the zone as a number.
  const when = date.toUTCString().replace('GMT', '+0000')
  return `${name} (${version}) unstable; urgency=medium

  * Release ${upstream}, made by npm run deb.

 -- ${maintainer()}  ${when}
`
}
