#include "CBuiltIn.h"

// #embed is of C23; clang has it in every mode and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char ilsvrc2012[] = {
#embed "../../manifests/ilsvrc2012.json"
};
static const unsigned char ilsvrc2017[] = {
#embed "../../manifests/ilsvrc2017.json"
};
static const unsigned char train[] = {
#embed "../../torrents/ILSVRC2012_img_train.tar.magnet"
};
static const unsigned char val[] = {
#embed "../../torrents/ILSVRC2012_img_val.tar.magnet"
};
static const unsigned char cls_loc[] = {
#embed "../../torrents/ILSVRC2017_CLS-LOC.tar.gz.magnet"
};
// Raw SHA-1 values, 20 bytes a piece. The linker keeps them among the constants, so that they cost
// nothing until somebody reads them.
static const unsigned char train_pieces[] = {
#embed "../../torrents/ILSVRC2012_img_train.tar.pieces"
};
static const unsigned char val_pieces[] = {
#embed "../../torrents/ILSVRC2012_img_val.tar.pieces"
};
static const unsigned char classes[] = {
#embed "../../labels/ilsvrc2012-classes.tsv"
};
static const unsigned char val_ids[] = {
#embed "../../labels/ilsvrc2012-val-ids.txt"
};

static const built_in_resource files[] = {
    {"ilsvrc2012.json", ilsvrc2012, sizeof ilsvrc2012},
    {"ilsvrc2017.json", ilsvrc2017, sizeof ilsvrc2017},
    {"ILSVRC2012_img_train.tar.magnet", train, sizeof train},
    {"ILSVRC2012_img_val.tar.magnet", val, sizeof val},
    {"ILSVRC2017_CLS-LOC.tar.gz.magnet", cls_loc, sizeof cls_loc},
    {"ILSVRC2012_img_train.tar.pieces", train_pieces, sizeof train_pieces},
    {"ILSVRC2012_img_val.tar.pieces", val_pieces, sizeof val_pieces},
    {"ilsvrc2012-classes.tsv", classes, sizeof classes},
    {"ilsvrc2012-val-ids.txt", val_ids, sizeof val_ids},
};

size_t built_in_count(void) { return sizeof files / sizeof *files; }

built_in_resource built_in_file(size_t index) {
    return files[index < built_in_count() ? index : built_in_count() - 1];
}
