//! Words of which names are made.

/// Say how.
#[rustfmt::skip]
pub(super) const ADVERBS: &[&str] = &[
    "always", "barely", "boldly", "bravely", "brightly", "calmly", "carefully", "cheerfully", "clearly", "curiously",
    "deeply", "eagerly", "easily", "evenly", "fairly", "firmly", "freely", "gently", "gladly", "gracefully",
    "happily", "honestly", "kindly", "lightly", "loudly", "mostly", "neatly", "nicely", "often", "openly",
    "patiently", "plainly", "playfully", "politely", "promptly", "proudly", "quickly", "quietly", "rarely", "readily",
    "safely", "sharply", "silently", "simply", "sincerely", "slowly", "smoothly", "softly", "steadily", "surely",
    "swiftly", "truly", "usually", "warmly", "wisely",
];

/// Say what kind of.
#[rustfmt::skip]
pub(super) const ADJECTIVES: &[&str] = &[
    "able", "agile", "airy", "amber", "ancient", "azure", "balanced", "blue", "bold", "brave", "bright", "brisk",
    "bronze", "busy", "calm", "candid", "careful", "cheerful", "clear", "clever", "coral", "cosy", "crimson", "crisp",
    "curious", "dappled", "daring", "deft", "eager", "early", "elegant", "emerald", "even", "faithful", "famous",
    "fast", "fearless", "fluffy", "fond", "frank", "friendly", "gentle", "glad", "golden", "graceful", "grand",
    "grateful", "green", "handy", "happy", "hardy", "hazel", "helpful", "honest", "humble", "indigo", "ivory",
    "jolly", "jovial", "keen", "kind", "lively", "lofty", "loyal", "lucky", "mellow", "merry", "mild", "mossy",
    "neat", "nimble", "noble", "olive", "patient", "peaceful", "playful", "polite", "proud", "quick", "quiet",
    "rapid", "ready", "rosy", "rustic", "sandy", "scarlet", "serene", "shy", "silent", "silver", "sleepy", "smart",
    "snowy", "solid", "speckled", "spry", "steady", "striped", "sturdy", "sunny", "swift", "tall", "tender",
    "thrifty", "tidy", "tiny", "tranquil", "trusty", "upbeat", "velvet", "violet", "vivid", "warm", "wild", "windy",
    "wise", "witty", "young", "zesty",
];

/// Say what.
#[rustfmt::skip]
pub(super) const ANIMALS: &[&str] = &[
    "albatross", "alpaca", "anchovy", "ant", "antelope", "armadillo", "badger", "bat", "bear", "beaver", "bee",
    "beetle", "bison", "blackbird", "boar", "buffalo", "bullfinch", "butterfly", "camel", "canary", "carp", "cat",
    "caterpillar", "chaffinch", "chamois", "cheetah", "chicken", "chinchilla", "chipmunk", "clam", "cod", "cormorant",
    "cow", "coyote", "crab", "crane", "cricket", "crow", "cuckoo", "curlew", "deer", "dolphin", "donkey", "dormouse",
    "dove", "dragonfly", "duck", "eagle", "eel", "elephant", "elk", "emu", "falcon", "ferret", "finch", "firefly",
    "flamingo", "fox", "frog", "gazelle", "gecko", "gibbon", "giraffe", "goat", "goldfinch", "goose", "gorilla",
    "grasshopper", "grouse", "gull", "hamster", "hare", "hawk", "hedgehog", "heron", "herring", "hippo", "hornet",
    "horse", "ibex", "iguana", "jackdaw", "jaguar", "jay", "kangaroo", "kestrel", "kingfisher", "kiwi", "koala",
    "lapwing", "lark", "lemur", "leopard", "lion", "lizard", "llama", "lobster", "lynx", "magpie", "manatee",
    "marmot", "marten", "meerkat", "mole", "mongoose", "moose", "moth", "mouse", "newt", "nightingale", "ocelot",
    "octopus", "okapi", "orca", "osprey", "ostrich", "otter", "owl", "ox", "oyster", "panda", "panther", "parrot",
    "partridge", "peacock", "pelican", "penguin", "pheasant", "pigeon", "pike", "platypus", "plover", "pony",
    "porcupine", "puffin", "quail", "rabbit", "raccoon", "raven", "reindeer", "robin", "rook", "salamander", "salmon",
    "sandpiper", "seal", "shark", "sheep", "shrew", "shrimp", "skylark", "sloth", "snail", "sparrow", "squid",
    "squirrel", "starling", "stoat", "stork", "swallow", "swan", "swift", "tapir", "tern", "thrush", "tiger", "toad",
    "tortoise", "toucan", "trout", "turtle", "vole", "wagtail", "walrus", "warbler", "weasel", "whale", "wolf",
    "wombat", "woodpecker", "wren", "yak", "zebra",
];
