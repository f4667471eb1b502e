import { existsSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import { groups } from '../sidebar.ts'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const repository = /github\.com\/[\w.-]+\/[\w.-]+?(?=\.git$|$)/.exec(manifest.repository?.url ?? '')?.[0]
const modules = JSON.parse(readFileSync(new URL('../.content/api/modules.json', import.meta.url), 'utf8'))
const hasPlayground = existsSync(new URL('../../scripts/build-playground.ts', import.meta.url))

const api = {
  text: 'API',
  items: modules.map(({ name, page }) => ({ text: name, link: `/api/${page}` })),
}

const sidebar = groups.map(({ text, pages }) => ({
  text,
  items: Object.entries(pages).map(([page, title]) => ({ text: title, link: `/${page}` })),
}))

/** Returns the anchor of a heading, as GitHub does, so that the links of a page work in both places. */
const slugify = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\s-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

/** Pages that are not files of `docs`. */
const builtPages = /^(?:api\/|(?:index|pages|changelog|contributing|security-policy)\.md$)/

export default defineConfig({
  title: 'codecell',
  description: manifest.description,
  lang: 'en-US',
  base: process.env.CODECELL_SITE_BASE ?? '/',
  srcDir: '.content',
  outDir: 'dist',
  cacheDir: 'node_modules/.cache/vitepress',
  cleanUrls: false,
  appearance: true,
  lastUpdated: false,
  // The playground is a page of its own, which the build copies.
  ignoreDeadLinks: [/^\/playground\//],
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    anchor: { slugify },
    toc: { slugify },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  vite: { build: { chunkSizeWarningLimit: 4000 }, logLevel: 'warn' },
  transformPageData(page) {
    if (builtPages.test(page.relativePath)) page.frontmatter.editLink = false
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Guides', link: '/migrating' },
      { text: 'Reference', link: '/cli' },
      { text: 'API', link: `/api/${modules[0].page}` },
      ...(hasPlayground ? [{ text: 'Playground', link: '/playground/index.html', target: '_self' }] : []),
      {
        text: manifest.version,
        items: [
          { text: 'Changelog', link: '/changelog' },
          { text: 'Contributing', link: '/contributing' },
        ],
      },
    ],
    sidebar: { '/api/': [api], '/': sidebar },
    socialLinks: repository === undefined ? [] : [{ icon: 'github', link: `https://${repository}` }],
    ...(repository !== undefined && {
      editLink: { text: 'Edit this page', pattern: `https://${repository}/edit/main/docs/:path` },
    }),
    footer: { message: 'Released under the Apache 2.0 license.' },
  },
})
