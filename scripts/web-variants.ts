import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The part of the interface of plugins that Rolldown and Vite share. */
type VariantPlugin = {
  readonly name: string
  readonly resolveId: (id: string, importer: string | undefined) => string | null
}

/** Resolves each module `x.ts` that has a variant `x.web.ts` to the variant, which uses no API of Node. */
export function webVariants(): VariantPlugin {
  return {
    name: 'web-variants',
    resolveId(id, importer) {
      if (importer === undefined || !id.startsWith('.') || !id.endsWith('.ts')) return null
      const variant = resolve(dirname(importer), id.replace(/\.ts$/, '.web.ts'))
      return existsSync(variant) ? variant : null
    },
  }
}
