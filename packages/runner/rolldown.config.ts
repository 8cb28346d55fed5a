/**
 * What `candy` starts, in a few files: loading hundreds of small modules, ours and those of packages, costs several times as much as
 * Node.js itself. `candy pipe` is one file of its own, and in CommonJS, which Node.js starts faster, since in pipe mode a process starts for every
 * message; what few messages need stays outside and is imported where it is first used. The folder of the others is as deep as those of the sources, since some look
 * for files beside their own, or above.
 */
import { defineConfig } from 'rolldown'

export default defineConfig([
  {
    input: 'dist/cli/pipe.js',
    platform: 'node',
    external: [/^node:/, 'execa', 'import-meta-resolve'],
    output: {
      file: 'dist/pipe.cjs',
      format: 'cjs',
      minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    },
  },
  {
    input: { main: 'dist/cli/main.js', 'worker-main': 'dist/service/worker-main.js' },
    platform: 'node',
    external: [/^node:/],
    output: { dir: 'dist/command', format: 'esm', chunkFileNames: '[name].js', cleanDir: true },
  },
])
