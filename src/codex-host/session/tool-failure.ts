/**
 * The failure of a nested call that an agent reported. Its message, which may be empty, reaches the program unchanged.
 */
export class ToolFailure extends Error {
  // The name of an error replaces a missing message.
  override readonly name = ''
}
