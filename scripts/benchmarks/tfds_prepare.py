"""What users of TensorFlow Datasets run: `tfds_prepare.py MANUAL-FOLDER LABELS FOLDER`."""

import sys

manual, labels, folder = sys.argv[1:]

import tensorflow_datasets as tfds
from tensorflow_datasets.datasets.imagenet2012 import imagenet2012_dataset_builder as imagenet
from tensorflow_datasets.datasets.imagenet2012 import imagenet_common

tfds.disable_progress_bar()
# The classes of this archive, which is alone.
imagenet_common.label_names_file = lambda: labels
imagenet_common.get_validation_labels = lambda archive: {}
imagenet.Builder(data_dir=folder).download_and_prepare(
    download_config=tfds.download.DownloadConfig(manual_dir=manual))
