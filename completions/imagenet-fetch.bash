# bash completion for imagenet-fetch, made by "imagenet-fetch generate bash".

_imagenet_fetch()
{
    local cur=${COMP_WORDS[COMP_CWORD]} option='' command='' word skip='' i
    COMPREPLY=()
    # bash takes --data=x apart into three words.
    [[ $cur == = ]] && cur=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $skip ]]; then
            [[ $word == = ]] || { skip=''; option=''; }
            continue
        fi
        case $word in
            --dataset|--manifest|--data|--state|--torrent-dir|--config|--progress|--only|--classes|--sources|--max-peers|--seed-time|--peer|--port|--mirror|--connections|--stall-timeout|--max-download|--max-upload|--header|--credentials|--reserve|--class-index|--time-limit|--member|--max-age|--only-class|--val-labels|--aux-dir|--input-dir|--tar-dir|--output-dir|--untar-dir|--workers|--max-workers|--compression|--hashes|--size-limit|--label-space|--images|--extensions|--seed|--slice|--mds-dir|--shards|--bbox|--max-size|--format|--rows|--output|--lines|--numbering|--html|--scrub-every|--wait|--random-delay|--publish|--publish-url|--log|--metrics|--on-change|--on-failure|--ratio|--checksums|--per-class|--val|--test|--wnids) skip=1 option=$word ;;
            -*|=) ;;
            *) command+=${command:+ }$word ;;
        esac
    done
    case $option in
        --dataset) COMPREPLY=(); return ;;
        --manifest) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --data) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --state) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --torrent-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --config) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --progress) mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$cur"); return ;;
        --only) mapfile -t COMPREPLY < <(compgen -W 'devkit train val test patch bbox train_t3 dogs extra loc det' -- "$cur"); return ;;
        --classes) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --sources) mapfile -t COMPREPLY < <(compgen -W 'auto both swarm mirrors' -- "$cur"); return ;;
        --max-peers) COMPREPLY=(); return ;;
        --seed-time) COMPREPLY=(); return ;;
        --peer) COMPREPLY=(); return ;;
        --port) COMPREPLY=(); return ;;
        --mirror) COMPREPLY=(); return ;;
        --connections) COMPREPLY=(); return ;;
        --stall-timeout) COMPREPLY=(); return ;;
        --max-download) COMPREPLY=(); return ;;
        --max-upload) COMPREPLY=(); return ;;
        --header) COMPREPLY=(); return ;;
        --credentials) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --reserve) COMPREPLY=(); return ;;
        --class-index) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --time-limit) COMPREPLY=(); return ;;
        --member) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --max-age) COMPREPLY=(); return ;;
        --only-class) COMPREPLY=(); return ;;
        --val-labels) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --aux-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --input-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --tar-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --output-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --untar-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --workers) COMPREPLY=(); return ;;
        --max-workers) COMPREPLY=(); return ;;
        --compression) mapfile -t COMPREPLY < <(compgen -W 'zstd gz bz2' -- "$cur"); return ;;
        --hashes) mapfile -t COMPREPLY < <(compgen -W 'md5 sha1 sha256 xxh64' -- "$cur"); return ;;
        --size-limit) COMPREPLY=(); return ;;
        --label-space) mapfile -t COMPREPLY < <(compgen -W 'subset full' -- "$cur"); return ;;
        --images) mapfile -t COMPREPLY < <(compgen -W 'keep fix skip list' -- "$cur"); return ;;
        --extensions) COMPREPLY=(); return ;;
        --seed) COMPREPLY=(); return ;;
        --slice) mapfile -t COMPREPLY < <(compgen -W 'auto merge' -- "$cur"); return ;;
        --mds-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --shards) mapfile -t COMPREPLY < <(compgen -W 'auto' -- "$cur"); return ;;
        --bbox) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --max-size) COMPREPLY=(); return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'tfrecord array_record' -- "$cur"); return ;;
        --rows) COMPREPLY=(); return ;;
        --output) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --lines) COMPREPLY=(); return ;;
        --numbering) mapfile -t COMPREPLY < <(compgen -W 'ids alphabetical' -- "$cur"); return ;;
        --html) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --scrub-every) COMPREPLY=(); return ;;
        --wait) COMPREPLY=(); return ;;
        --random-delay) COMPREPLY=(); return ;;
        --publish) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --publish-url) COMPREPLY=(); return ;;
        --log) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --metrics) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --on-change) COMPREPLY=(); return ;;
        --on-failure) COMPREPLY=(); return ;;
        --ratio) COMPREPLY=(); return ;;
        --checksums) mapfile -t COMPREPLY < <(compgen -W 'md5 sha1 sha256 xxh64' -- "$cur"); return ;;
        --per-class) COMPREPLY=(); return ;;
        --val) COMPREPLY=(); return ;;
        --test) COMPREPLY=(); return ;;
        --wnids) mapfile -t COMPREPLY < <(compgen -W 'real made' -- "$cur"); return ;;
    esac
    case $command in
        '') mapfile -t COMPREPLY < <(compgen -W 'fetch download verify repair list check untar unpack layout mds tfrecord webdataset tfds parquet squashfs bbox labels merge-test submission status sync seed torrent manifest sample help version --only-train --only-val --only-test --only --all --classes --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --class-index --dry-run --time-limit --member --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur") ;;
        'mds verify'|'mds verify '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--workers --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            fi ;;
        'mds reindex'|'mds reindex '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--workers --force --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            fi ;;
        'mds merge'|'mds merge '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--force --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            fi ;;
        'submission check'|'submission check '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--lines --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'submission write'|'submission write '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--output --numbering --lines --val-labels --aux-dir --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'torrent show'|'torrent show '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'torrent add'|'torrent add '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'manifest show'|'manifest show '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --checksums --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'manifest check'|'manifest check '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'fetch'|'fetch '*|'download'|'download '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --class-index --dry-run --time-limit --member --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'verify'|'verify '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --pieces --quick --max-age --deep --decode --no-decode --allow-unverified --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'repair'|'repair '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dry-run --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'list'|'list '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--classes --only-class --long --summary --nested --no-nested --connections --stall-timeout --header --netrc --no-netrc --credentials --insecure-http --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'check'|'check '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--decode --no-decode --classes --val-labels --aux-dir --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            fi ;;
        'untar'|'untar '*|'unpack'|'unpack '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --flat --verify --delete-source --input-dir --tar-dir --output-dir --untar-dir --workers --max-workers --no-verify --force --fetch --no-fetch --val-labels --aux-dir --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'layout'|'layout '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--input-dir --classes --force --val-labels --aux-dir --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -W 'torchvision tfds deep-vision image-datasets' -- "$cur")
            fi ;;
        'mds'|'mds '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --compression --hashes --size-limit --label-space --input-dir --output-dir --workers --images --validate --no-validate --no-verify --extensions --seed --slice --force --fetch --no-fetch --val-labels --aux-dir --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --mds-dir --tar-dir --untar-dir --max-workers --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -W 'verify reindex merge' -- "$cur")
            fi ;;
        'tfrecord'|'tfrecord '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --shards --label-space --bbox --input-dir --output-dir --workers --images --validate --no-validate --no-verify --extensions --seed --slice --force --fetch --no-fetch --val-labels --aux-dir --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'webdataset'|'webdataset '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --shards --max-size --label-space --input-dir --output-dir --workers --images --validate --no-validate --no-verify --extensions --seed --slice --force --fetch --no-fetch --val-labels --aux-dir --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'tfds'|'tfds '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --format --label-space --input-dir --output-dir --workers --images --validate --no-validate --no-verify --extensions --slice --force --fetch --no-fetch --val-labels --aux-dir --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'parquet'|'parquet '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --shards --rows --label-space --input-dir --output-dir --workers --images --validate --no-validate --no-verify --extensions --seed --slice --force --fetch --no-fetch --val-labels --aux-dir --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'squashfs'|'squashfs '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --compression --input-dir --output-dir --workers --images --validate --no-validate --no-verify --extensions --force --fetch --no-fetch --val-labels --aux-dir --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'bbox'|'bbox '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --no-verify --output --input-dir --aux-dir --force --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'labels'|'labels '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--format --classes --val-labels --aux-dir --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'merge-test'|'merge-test '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--no-verify --output-dir --force --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'status'|'status '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --classes --sources --check --nagios --max-age --html --peer --port --dht --no-dht --lsd --no-lsd --mirror --stall-timeout --header --netrc --no-netrc --credentials --insecure-http --allow-unverified --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'sync'|'sync '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --scrub-every --time-limit --dry-run --wait --random-delay --publish --publish-url --log --metrics --on-change --on-failure --html --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --lab --no-lab --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --accept-terms --allow-unverified --trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'seed'|'seed '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --max-peers --peer --port --dht --no-dht --lsd --no-lsd --max-upload --ratio --time-limit --metrics --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'sample'|'sample '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--classes --per-class --val --test --seed --wnids --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            fi ;;
        'help'|'help '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -W 'fetch download verify repair list check untar unpack layout mds tfrecord webdataset tfds parquet squashfs bbox labels merge-test submission status sync seed torrent manifest sample help version' -- "$cur")
            fi ;;
        'version'|'version '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'submission') mapfile -t COMPREPLY < <(compgen -W 'check write --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur") ;;
        'torrent') mapfile -t COMPREPLY < <(compgen -W 'show add --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur") ;;
        'manifest') mapfile -t COMPREPLY < <(compgen -W 'show check --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet -q --no-quiet --verbose -v --no-verbose --progress --help -h --version -V' -- "$cur") ;;
    esac
}
complete -o filenames -F _imagenet_fetch imagenet-fetch
