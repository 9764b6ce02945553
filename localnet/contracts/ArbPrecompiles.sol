// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev What Arbitrum pays for one unit of Ethereum's data, in wei: 0.03 gwei. A byte is 16 units.
uint256 constant L1_BASE_FEE_WEI = 30_000_000;

uint256 constant UNITS_PER_BYTE = 16;

/// @dev What Arbitrum assumes that a transaction without data takes on Ethereum, after compression.
uint256 constant SIMPLE_TRANSACTION_BYTES = 140;

uint256 constant MINIMUM_GAS_PRICE_WEI = 10_000_000;

/// @dev The base fee is hidden from an `eth_call` without a gas price, and the localnet's may fall below the floor that
/// Arbitrum's base fee never leaves.
function baseFeeWei() view returns (uint256) {
    return block.basefee < MINIMUM_GAS_PRICE_WEI ? MINIMUM_GAS_PRICE_WEI : block.basefee;
}

/// @title ArbGasInfo
/// @notice Twin of Arbitrum's precompile for the prices of gas and of Ethereum's data.
/// @dev Reproduces: the relations between the prices, from the base fee of the block and a constant price of data.
/// Leaves out: the movement of the price of data; the charge for it, so that `gasUsed` on the localnet is lower than on
/// Arbitrum by `gasEstimateForL1`; the backlog, which is always 0; every other function.
contract ArbGasInfo {
    uint256 private constant GAS_PER_STORAGE_ALLOCATION = 20_000;

    /// @notice Returns the price in wei of a transaction without data, of a byte on Ethereum, of a storage allocation,
    /// and of gas: the minimum, what congestion adds, and their sum.
    function getPricesInWei()
        public
        view
        returns (
            uint256 perL2Tx,
            uint256 perL1CalldataByte,
            uint256 perStorageAllocation,
            uint256 perArbGasBase,
            uint256 perArbGasCongestion,
            uint256 perArbGasTotal
        )
    {
        perL1CalldataByte = L1_BASE_FEE_WEI * UNITS_PER_BYTE;
        perL2Tx = perL1CalldataByte * SIMPLE_TRANSACTION_BYTES;
        perArbGasTotal = baseFeeWei();
        perStorageAllocation = perArbGasTotal * GAS_PER_STORAGE_ALLOCATION;
        perArbGasBase = MINIMUM_GAS_PRICE_WEI;
        perArbGasCongestion = perArbGasTotal - perArbGasBase;
    }

    /// @notice Returns the first three prices of `getPricesInWei` in gas.
    function getPricesInArbGas()
        external
        view
        returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorageAllocation)
    {
        (perL2Tx, perL1CalldataByte, perStorageAllocation, , , ) = getPricesInWei();
        perL2Tx /= baseFeeWei();
        perL1CalldataByte /= baseFeeWei();
        perStorageAllocation /= baseFeeWei();
    }

    /// @notice Returns the price of a unit of Ethereum's data in wei.
    function getL1BaseFeeEstimate() external pure returns (uint256) {
        return L1_BASE_FEE_WEI;
    }

    /// @notice Returns what this transaction pays for Ethereum's data in wei.
    function getCurrentTxL1GasFees() external pure returns (uint256) {
        return 0;
    }

    /// @notice Returns the lowest base fee in wei.
    function getMinimumGasPrice() external pure returns (uint256) {
        return MINIMUM_GAS_PRICE_WEI;
    }

    /// @notice Returns how much gas above its target the chain has used.
    function getGasBacklog() external pure returns (uint64) {
        return 0;
    }
}

/// @title ArbSys
/// @notice Twin of Arbitrum's precompile for the chain itself.
/// @dev Reproduces: the number and the hashes of the chain's own blocks, and its id.
/// Leaves out: the difference between this number and `block.number`, which on Arbitrum is an estimate of Ethereum's;
/// messages to Ethereum; every other function.
contract ArbSys {
    /// @notice Thrown when the hash of a block is asked for that is not among the last 256.
    error InvalidBlockNumber(uint256 requested, uint256 current);

    /// @notice Returns the number of this block.
    function arbBlockNumber() external view returns (uint256) {
        return block.number;
    }

    /// @notice Returns the hash of one of the last 256 blocks.
    function arbBlockHash(uint256 number) external view returns (bytes32) {
        if (number >= block.number || number + 256 < block.number) revert InvalidBlockNumber(number, block.number);
        return blockhash(number);
    }

    /// @notice Returns the id of the chain.
    function arbChainID() external view returns (uint256) {
        return block.chainid;
    }
}

/// @title NodeInterface
/// @notice Twin of the gas estimates that an Arbitrum node answers at this address.
/// @dev Reproduces: the gas that pays for a transaction's data on Ethereum, with the node's margins; the gas of the whole.
/// Leaves out: compression, so that data costs more than on Arbitrum; the caller, as the call to be estimated is made by
/// this contract and fails where only the caller may call; that the original exists for `eth_call` only; every other
/// function.
contract NodeInterface {
    uint256 private constant BPS = 10_000;
    uint256 private constant PRICE_MARGIN_BPS = 1_000;
    uint256 private constant UNITS_MARGIN = 16 * UNITS_PER_BYTE;
    uint256 private constant UNITS_MARGIN_BPS = 100;
    uint256 private constant GAS_PER_TRANSACTION = 21_000;
    uint256 private constant GAS_PER_DATA_BYTE = 16;

    /// @notice Estimates the gas of a call to `to`, or of a creation, with `data`.
    function gasEstimateComponents(
        address to,
        bool contractCreation,
        bytes calldata data
    )
        external
        payable
        returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)
    {
        (gasEstimateForL1, baseFee, l1BaseFeeEstimate) = gasEstimateL1Component(to, contractCreation, data);
        uint256 before = gasleft();
        if (contractCreation) {
            bytes memory initCode = data;
            assembly ("memory-safe") {
                if iszero(create(callvalue(), add(initCode, 0x20), mload(initCode))) {
                    returndatacopy(mload(0x40), 0, returndatasize())
                    revert(mload(0x40), returndatasize())
                }
            }
        } else {
            (bool success, bytes memory reason) = to.call{ value: msg.value }(data);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        uint256 used = before - gasleft() + GAS_PER_TRANSACTION + GAS_PER_DATA_BYTE * data.length;
        gasEstimate = uint64(used) + gasEstimateForL1;
    }

    /// @notice Estimates the gas that pays for `data` on Ethereum.
    function gasEstimateL1Component(
        address,
        bool,
        bytes calldata data
    ) public payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate) {
        uint256 units = UNITS_PER_BYTE * (SIMPLE_TRANSACTION_BYTES + data.length);
        units = ((units + UNITS_MARGIN) * (BPS + UNITS_MARGIN_BPS)) / BPS;
        uint256 feeWei = (units * L1_BASE_FEE_WEI * (BPS + PRICE_MARGIN_BPS)) / BPS;
        baseFee = baseFeeWei();
        gasEstimateForL1 = uint64(feeWei / baseFee);
        l1BaseFeeEstimate = L1_BASE_FEE_WEI;
    }
}
