/**
 * `candy pipe` as one file: in pipe mode a process starts for every message, and loading eighty small modules costs more
 * than Node.js itself. What few messages need stays outside and is imported where it is first used.
 */
import { defineConfig } from 'rolldown'

export default defineConfig({
  input: 'dist/cli/pipe.js',
  platform: 'node',
  external: [/^node:/, 'execa', 'import-meta-resolve'],
  output: {
    file: 'dist/pipe.js',
    format: 'esm',
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  },
})
