// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title PancakePoolDeployer
/// @notice Twin of PancakeSwap V3's pool deployer, which no package ships: the factory and the pool are the published
/// ones.
/// @dev Reproduced: `deploy` with its check and revert string, the CREATE2 salt, `parameters` for as long as a pool's
/// constructor runs, `setFactoryAddress` once for whoever comes first, events. Other than the original, which carries the
/// pool's init code in its own, it copies it from the code of another account, so that pools get their real addresses.
contract PancakePoolDeployer {
    struct Parameters {
        address factory;
        address token0;
        address token1;
        uint24 fee;
        int24 tickSpacing;
    }

    /// @notice What a pool's constructor reads.
    Parameters public parameters;

    address public factoryAddress;

    address private immutable POOL_INIT_CODE;

    event SetFactoryAddress(address indexed factory);

    /// @param poolInitCode the account whose code is the init code of a pool
    constructor(address poolInitCode) {
        POOL_INIT_CODE = poolInitCode;
    }

    function setFactoryAddress(address _factoryAddress) external {
        require(factoryAddress == address(0), "already initialized");
        factoryAddress = _factoryAddress;
        emit SetFactoryAddress(_factoryAddress);
    }

    function deploy(
        address factory,
        address token0,
        address token1,
        uint24 fee,
        int24 tickSpacing
    ) external returns (address pool) {
        require(msg.sender == factoryAddress, "only factory can call deploy");
        parameters = Parameters(factory, token0, token1, fee, tickSpacing);
        bytes memory initCode = POOL_INIT_CODE.code;
        bytes32 salt = keccak256(abi.encode(token0, token1, fee));
        assembly ("memory-safe") {
            pool := create2(0, add(initCode, 32), mload(initCode), salt)
        }
        // An original's `new` reverts with what the constructor reverted with.
        if (pool == address(0)) {
            assembly ("memory-safe") {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
        delete parameters;
    }
}
