/** What an agent answered a nested call with. Its text reaches the program as it is, which may be empty. */
export class ToolFailure extends Error {
  // The name of an error stands in for a text that is not there.
  override readonly name = ''
}
