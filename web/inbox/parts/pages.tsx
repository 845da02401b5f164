import { Channels } from "./channels"
import { Nowhere } from "./nowhere"
import { SavedPage } from "./saved"
import { Search } from "./search"
import { TagTree } from "./tagtree"
import { Targets } from "./targets"
import { Unsent } from "./unsent"

/** The pages beside the inbox, in a file of their own that is fetched when one is opened. */
export const pages = { unsent: Unsent, channels: Channels, targets: Targets, tags: TagTree, search: Search, replies: SavedPage, nowhere: Nowhere }
