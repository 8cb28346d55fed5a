/**
 * Makes `dist` of the package in the current directory, @candy/handover-OS-CPU: the package as it is published, whose manifest has the
 * keys `os` and `cpu`, so that npm installs it on such machines alone. The manifest in the repository cannot have them, because npm
 * installs no workspace that is for another machine (EBADPLATFORM). The key `publishConfig.directory` has changesets publish `dist`.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const OUT = 'dist'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const [os, cpu] = manifest.name.split('-').slice(-2)
const publishConfig = { ...manifest.publishConfig, directory: undefined }
const published = { ...manifest, os: [os], cpu: [cpu], scripts: undefined, publishConfig }

rmSync(OUT, { recursive: true, force: true })
for (const name of ['LICENSE', 'README.md', ...manifest.files]) cpSync(name, join(OUT, name), { recursive: true })
writeFileSync(join(OUT, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`)
