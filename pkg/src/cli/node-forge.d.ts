// The parts of node-forge that are bundled; its types know the whole alone.
declare module 'node-forge/lib/forge.js' {
  import forge from 'node-forge'
  export default forge
}

declare module 'node-forge/lib/pkcs12.js' {}
