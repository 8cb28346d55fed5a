/** The version of the runner, from its own package.json. */
import { readFileSync } from 'node:fs'

export function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}
