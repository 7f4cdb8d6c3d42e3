/** The used parts of the YAML library, in a bundle of their own that only a manifest loads. */
export { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
