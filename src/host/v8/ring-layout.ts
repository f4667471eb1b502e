/** The layout of the memory of `text-ring.ts`: indexes of the 32-bit cells, and units that are not a length. */
export const ringLayout = {
  headerBytes: 16,
  written: 0,
  read: 1,
  bell: 2,
  markUnit: 0xffff,
  /** A mark that was taken back. */
  skipUnit: 0xfffe,
  /** The location of the next event: line and column follow, in two units each, the low one first. */
  locationUnit: 0xfffd,
  /** The longest string that leaves through the ring, in UTF-16 units. */
  maxText: 128,
  /** The kind of an emission that only says that the ring has entries. No event has it. */
  bellKind: 16,
} as const
