#!/usr/bin/env node
/**
 * A part of the build of a package with a command, which runs it in its own directory: writes `man/` and `completions/` there, from the
 * tree of commands that was just compiled. Whatever else is in these directories is removed.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { importTypeScript } from '../test/typescript.js'

const MAKERS = { '@candy/runner': runner, '@candy/master-cf': masterCf }

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
const source = `${name} ${version}`
const files = await MAKERS[name]()
for (const directory of new Set([...files.keys()].map(dirname))) rmSync(directory, { recursive: true, force: true })
for (const [path, text] of files) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function runner() {
  const { makeCandy } = await compiled('cli/main.js')
  const { helpTextOf } = await compiled('cli/help-text.js')
  const { runnerFiles } = await importTypeScript(resolve(import.meta.dirname, 'runner.ts'))
  return runnerFiles({ root: await makeCandy(), source, textOf: helpTextOf })
}

async function masterCf() {
  const { ABOUT: about, COMMANDS: commands, EXITS: exits, OPTIONS: options } = await compiled('cli/help.js')
  const { masterCfFiles } = await importTypeScript(resolve(import.meta.dirname, 'master-cf.ts'))
  return masterCfFiles({ about, commands, exits, options, source })
}

/** A module of the package that was just compiled. */
function compiled(path) {
  return import(pathToFileURL(resolve('dist', path)).href)
}
