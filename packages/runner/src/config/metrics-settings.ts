/** Reads the table `[metrics]` of candy.toml: where Prometheus may ask. Whoever may ask sees no mail, but how much of it there is. */
import { isIP } from 'node:net'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Section } from './section.js'

export interface MetricsSettings {
  /** A UNIX socket, or a port of this host that no other host can reach. Absent: metrics are not served. */
  readonly listen?: ServiceAddress
}

export function readMetricsSettings(section: Section): MetricsSettings {
  const listen = section.address('listen')
  if (listen === undefined) return {}
  if ('path' in listen || isLoopback(listen.host)) return { listen }
  const what = 'must be "unix:/path" or a loopback address, so that only this host may ask'
  section.wrong('listen', what, `127.0.0.1:${listen.port}`)
  return {}
}

/** RFC 1122 §3.2.1.3, RFC 4291 §2.5.3. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
