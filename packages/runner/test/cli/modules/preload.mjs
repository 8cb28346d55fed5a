// Writes the address of every module that is loaded to the file that MODULE_LIST names.
import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
