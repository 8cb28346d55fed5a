#!/usr/bin/env node
/** `npm run bench`: installs what is missing, builds, measures; see bench.ts. Needs root on Debian or Ubuntu. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { importTypeScript } from '../test/typescript.js'

const cwd = resolve(import.meta.dirname, '..')
execFileSync('test/install', { cwd, stdio: 'inherit' })
execFileSync('npm', ['run', 'build'], { cwd, stdio: 'inherit' })
const { bench } = await importTypeScript(resolve(import.meta.dirname, 'bench.ts'))
process.exitCode = await bench(process.argv.slice(2))
