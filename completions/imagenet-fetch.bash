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
            --dataset|--manifest|--data|--state|--torrent-dir|--config|--progress|--format|--val-labels|--aux-dir|--only|--checksums|--classes|--per-class|--val|--test|--seed) skip=1 option=$word ;;
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
        --progress) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'ids wnids synsets gist keras json' -- "$cur"); return ;;
        --val-labels) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --aux-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --only) COMPREPLY=(); return ;;
        --checksums) mapfile -t COMPREPLY < <(compgen -W 'md5 sha1 sha256 xxh64' -- "$cur"); return ;;
        --classes) COMPREPLY=(); return ;;
        --per-class) COMPREPLY=(); return ;;
        --val) COMPREPLY=(); return ;;
        --test) COMPREPLY=(); return ;;
        --seed) COMPREPLY=(); return ;;
    esac
    case $command in
        '') mapfile -t COMPREPLY < <(compgen -W 'labels manifest torrent sample --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur") ;;
        'labels'|'labels '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--format --val-labels --aux-dir --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'manifest show'|'manifest show '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --checksums --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'manifest check'|'manifest check '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'torrent show'|'torrent show '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'torrent add'|'torrent add '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'sample'|'sample '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--classes --per-class --val --test --seed --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            fi ;;
        'manifest') mapfile -t COMPREPLY < <(compgen -W 'show check --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur") ;;
        'torrent') mapfile -t COMPREPLY < <(compgen -W 'show add --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur") ;;
    esac
}
complete -o filenames -F _imagenet_fetch imagenet-fetch
