/**
 * The documentation site: docs/ and the READMEs that it links to, as they are on GitHub, with a list of pages and a search that needs
 * no server. `npm run docs` builds it into site/dist. A warning of the build, a page that is in no list, and a link or an
 * anchor that leads nowhere are errors.
 */
import { defineConfig } from 'vitepress'
import { anchorOf, checkLinks } from '../src/anchors.js'
import { markNames } from '../src/names.js'
import { readNavigation } from '../src/navigation.js'
import { addressOf, EXCLUDED } from '../src/pages.js'
import { copyFiles, repositoryLinks } from '../src/repository-links.js'

/** Where on its host the site lies: `/`, or the folder of a project's pages. */
const base = `/${process.env.CANDY_DOCS_BASE ?? ''}/`.replaceAll(/\/+/g, '/')

/** An envelope. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<path d="M1 3h14v10H1z" fill="#1f7a4d"/><path d="M1 3l7 6 7-6" fill="none" stroke="#fff" stroke-width="1.4"/></svg>`

/**
 * Pages are made to modules that lie where the pages do, and nothing is installed there. What is built to print the pages runs below
 * site/, where Vue is.
 */
const vueForPages = {
  name: 'vue-for-pages',
  enforce: 'pre',
  resolveId: (id: string, _importer: string | undefined, { ssr }: { ssr?: boolean | undefined }) =>
    ssr === true && /^vue(?:\/|$)/.test(id) ? { id, external: true } : null,
} as const

export default defineConfig({
  lang: 'en',
  title: 'PostfixCandy',
  description: 'Mail filters for Postfix: one command in, one command out.',
  base,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  srcDir: '..',
  srcExclude: EXCLUDED,
  outDir: 'dist',
  cacheDir: 'node_modules/.cache',
  rewrites: addressOf,
  cleanUrls: false,
  metaChunk: true,
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown) => {
      repositoryLinks(markdown, base)
      markNames(markdown)
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: readNavigation(),
    outline: [2, 3],
    docFooter: { prev: false, next: false },
  },
  vite: { plugins: [vueForPages] },
  buildEnd: ({ outDir }) => {
    copyFiles(outDir)
    checkLinks(outDir, base)
  },
})
