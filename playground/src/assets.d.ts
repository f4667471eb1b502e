declare module '*.css'

declare module '*?url' {
  const url: string
  export default url
}

declare module 'virtual:cell-libraries' {
  const libraries: Readonly<Record<string, string>>
  export default libraries
}
