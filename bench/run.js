#!/usr/bin/env node
/** `npm run bench`: installs what is missing, builds, measures; see bench.ts. Needs root on Debian or Ubuntu. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { importTypeScript } from '../test/typescript.js'

const cwd = resolve(import.meta.dirname, '..')

// Debian's plain `su` leaves these out, and the daemons are there.
process.env.PATH += ':/usr/local/sbin:/usr/sbin:/sbin'

// What is printed on standard output are figures.
const stdio = ['ignore', 2, 2]
execFileSync('test/install', { cwd, stdio })
execFileSync('npm', ['run', 'build'], { cwd, stdio })
const { bench } = await importTypeScript(resolve(import.meta.dirname, 'bench.ts'))
// What an interruption left unfinished waits for nothing.
process.exit(
  await bench(process.argv.slice(2)).catch((error) => {
    if (error.message === 'interrupted') return 130
    console.error(error)
    return 1
  }),
)
