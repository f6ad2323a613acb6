"""What a reader of the paper's tables has to know, as footnotes; facts and figures alone."""

SELECTION = (
    "Each head is kept at its best epoch by the official score of these same validation frames, "
    "so that all numbers of this run are a little optimistic. So are the published ones: the code "
    "kept the best accuracy (EXPR) or the lowest loss by batch (the others) on them."
)
TWO_RUNS = (
    "Two runs of the published code on the same features gave .381 and .341, and no seed is "
    "fixed in it: look at several seeds before taking a difference below .04 for one."
)
TEN_EPOCHS = (
    "The paper says 20 epochs with early stopping; the published code trains EXPR for 10 and "
    "never stops early, and so does this."
)
TWENTY_EPOCHS = (
    "The paper says 20 epochs with early stopping; the published code trains for 20 and never "
    "stops early, and so does this."
)
OTHER_EPOCHS = (
    "Each head was trained with --epochs {epochs} here, and never stopped early. The paper says "
    "20 epochs with early stopping; the published code trains EXPR for 10 and the others for 20, "
    "and never stops early."
)
TRUNCATED = "The paper's {number} is that of its published code cut off, not rounded."
ORACLE = (
    "Thresholds chosen for the best F1 on the very frames that are scored, as the paper did: "
    "optimistic. The paper counts 10 values from .1 to .9; they are 9, there and here."
)
VALIDATED = (
    "Thresholds chosen for each fifth of the videos on the other four, from the same 9 values: "
    "the honest counterpart, which the paper does not have."
)
OTHER_NETWORK = (
    "What the paper prints is in the published code the score of another network, enet_b0_7, "
    "with a hidden layer (.49096 and .51830). No such row of enet_b0_8_best_vgaf is recorded."
)
OTHER_RUN = "The paper shows another run than the published code's outputs do."
SWAPPED = (
    "The paper has the heads of P_EXPR and P_VA the wrong way round: its numbers stand here "
    "under what they measure, as in the published code."
)
WRONG_SUM = (
    "The paper prints 1.150, but its parts .302 + .384 + .490 make 1.176. The published code's "
    "numbers are of a second model (1.148 at .5), and their sum."
)
BASELINE_SUM = (
    "The paper supposes that this is a mean; a later paper of the author compares it as a sum, "
    "and it is taken as one here."
)
INPUT_SIZE = (
    "The paper says 300 x 300 pixels; the published code, and enet_b2_8 here, take 260 x 260."
)
OLD_WEIGHTS = (
    "The paper used a file of EfficientNet-B2 from before its pooling was mended: its numbers "
    "cannot be expected of today's enet_b2_8."
)
