import { isRecord } from '../../protocol/json.ts'

/** The most issues that are listed; the rest is counted. */
const maxIssues = 8

/** Returns one line per issue of a Standard Schema: the path of the value, and the message. */
export function issueLines(issues: readonly unknown[]): readonly string[] {
  const lines = issues.slice(0, maxIssues).map(issueLine)
  return issues.length > maxIssues ? [...lines, `and ${issues.length - maxIssues} more`] : lines
}

/** Returns the issues of a Standard Schema as one line. */
export function issuesText(issues: readonly unknown[]): string {
  return `the input does not match the schema of the tool: ${issueLines(issues).join('; ')}`
}

function issueLine(issue: unknown): string {
  if (!isRecord(issue)) return String(issue)
  const path = Array.isArray(issue['path']) ? issue['path'].map((key: unknown) => keyText(key)).join('.') : ''
  const message = typeof issue['message'] === 'string' ? issue['message'] : 'it does not fit'
  return path === '' ? message : `${path}: ${message}`
}

function keyText(key: unknown): string {
  return String(isRecord(key) && 'key' in key ? key['key'] : key)
}
