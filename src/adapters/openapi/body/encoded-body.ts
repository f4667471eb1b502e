/** The content of a request and its media type. */
export type EncodedBody = {
  readonly contentType: string
  readonly data: string | Uint8Array<ArrayBuffer>
}
