#!/usr/bin/env node
/** `npm run deb`: builds, and makes the Debian packages; see deb.ts. Needs dpkg-deb(1) and no network. Prints the path of each. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { importTypeScript } from '../test/typescript.js'

const cwd = resolve(import.meta.dirname, '..')

// What is printed on standard output are paths.
execFileSync('npm', ['run', 'build'], { cwd, stdio: ['ignore', 2, 2] })
const { makePackages, readArguments } = await importTypeScript(resolve(import.meta.dirname, 'deb.ts'))
try {
  for (const path of await makePackages(readArguments(process.argv.slice(2)))) console.log(path)
} catch (error) {
  console.error(`npm run deb: ${error.message}`)
  process.exitCode = 1
}
