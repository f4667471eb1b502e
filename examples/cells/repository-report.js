// Reports on the folder that the filesystem server can read. One program replaces some two hundred tool calls: a model that
// makes them one by one reads every result; here it reads only the report.

const fs = {
  tree: (path) => tools.mcp__filesystem__directory_tree({ path, excludePatterns: ['node_modules', 'dist', '.git'] }),
  info: (path) => tools.mcp__filesystem__get_file_info({ path }),
  read: (path) => tools.mcp__filesystem__read_text_file({ path }),
}

/** Returns the text of an MCP result, or throws the error of the server. */
function textOf(result) {
  const [block] = result.content
  if (result.isError) throw new Error(block.text)
  return block.text
}

/** Returns the paths of all files of a tree. */
function filesIn(entries, folder) {
  return entries.flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    return entry.type === 'directory' ? filesIn(entry.children ?? [], path) : [path]
  })
}

const files = filesIn(JSON.parse(textOf(await fs.tree('.'))), '')
notify(`${files.length} files found, now looking at each`)

text('# Files per folder')
const perFolder = Map.groupBy(files, (file) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '.'))
for (const [folder, list] of [...perFolder].sort((a, b) => b[1].length - a[1].length)) {
  text(`${String(list.length).padStart(5)}  ${folder}`)
}

// All calls run concurrently, and each result is used when it arrives.
const sizes = []
for await (const { index, status, value } of as_settled(files.map(fs.info))) {
  const size = status === 'fulfilled' ? /^size: (\d+)/m.exec(textOf(value)) : null
  if (size !== null) sizes.push({ file: files[index], bytes: Number(size[1]) })
}
text('\n# Largest files')
for (const { file, bytes } of sizes.sort((a, b) => b.bytes - a.bytes || (a.file < b.file ? -1 : 1)).slice(0, 5)) {
  text(`${String(Math.ceil(bytes / 1024)).padStart(5)} KiB  ${file}`)
}

const sources = files.filter((file) => file.endsWith('.ts'))
const lines = (await Promise.all(sources.map(fs.read))).map((result) => textOf(result).split('\n').length - 1)
text('\n# TypeScript')
text(`${lines.reduce((sum, count) => sum + count, 0)} lines in ${sources.length} files`)

text('\n# Headings of the README')
const readme = files.find((file) => /^readme\.md$/i.test(file))
if (readme === undefined) text('No README found.')
else {
  const withoutCode = textOf(await fs.read(readme)).replace(/^```[\s\S]*?^```/gm, '')
  for (const [, marks, title] of withoutCode.matchAll(/^(#+) (.*)$/gm)) text('  '.repeat(marks.length - 1) + title)
}
