/** Returns whether a text fits a pattern, in which `*` stands for any characters. */
export function fits(pattern: string, text: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`))
    .join('.*')
  return new RegExp(`^${source}$`, 's').test(text)
}
