import type { NextConfig } from 'next'

const config: NextConfig = {
  serverExternalPackages: ['codecell'], // it starts host processes with its own files
  turbopack: { root: import.meta.dirname },
}

export default config
