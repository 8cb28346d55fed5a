// Writes the address of every module that is loaded to the file that MODULE_LIST names.
import { appendFileSync } from 'node:fs'
import Module, { isBuiltin, register } from 'node:module'
import { pathToFileURL } from 'node:url'

register('./hooks.mjs', import.meta.url)

// The hooks see no module of CommonJS that another one requires.
const { _load: load } = Module
Module._load = (request, parent, isMain) => {
  const path = Module._resolveFilename(request, parent, isMain)
  appendFileSync(
    process.env.MODULE_LIST,
    `${isBuiltin(path) ? `node:${path.replace(/^node:/, '')}` : pathToFileURL(path)}\n`,
  )
  return load(request, parent, isMain)
}
